"""The priority and threads of a training process."""

import os
import sys

import torch

from addon.training.config import AdaptConfig, TrainConfig


def lower_priority(config: TrainConfig | AdaptConfig) -> None:
    """Set the number of threads, and lower this process's priority where the system supports it."""
    torch.set_num_threads(config.threads)
    if sys.platform != "win32" and config.niceness:
        os.nice(max(0, config.niceness - os.nice(0)))
