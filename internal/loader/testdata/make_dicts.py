#!/usr/bin/env python3
"""Writes dicts.pth: tensors in dicts within a dict, under keys of every kind, as training scripts leave them.

usage: python3 internal/loader/testdata/make_dicts.py
"""
import os

import torch

HERE = os.path.dirname(os.path.abspath(__file__))
FLAT = (torch.arange(40) - 20).float() / 8
torch.save({
    "epoch": 3,
    "runs": [{"w": FLAT[0:4].clone(), "acc": 0.5}, ({"w": FLAT[4:8].clone()}, "nothing", 5)],
    7: {"w": FLAT[8:12].clone()},
    ("pair", 1): {"w": FLAT[12:16].clone()},
    "ema": {"deep": {"w": FLAT[:4], "steps": torch.tensor(7)}},
    "state_dict": {"w": FLAT[16:20].clone(), "v": FLAT[:4].clone(), "n": torch.tensor([1, 2])},
    "tensors": (FLAT[20:24].clone(), FLAT[24:28].clone()),
}, os.path.join(HERE, "dicts.pth"))
