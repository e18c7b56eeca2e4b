"""How long a network takes: measured as a whole, and op by op. Only `measure` and `ops` import torch."""
