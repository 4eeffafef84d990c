"""Batch norm, residual and ReLU in one pass each way over fused_bn.c, for bf16 channels-last training on a CPU.

PyTorch 1.13's own bf16 batch norm takes as long as the convolutions; this halves a training step. `norm()` returns the
fused module, or, where the C library cannot be built, a plain one that is called alike: norm(x, res=None, relu=True).
"""
import ctypes
import os
import subprocess
import sys
import tempfile

import torch
import torch.nn as nn
import torch.nn.functional as F

CL = torch.channels_last


def _build():
    """The compiled fused_bn.c, or None (said on stderr) without a C compiler with OpenMP."""
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fused_bn.c")
    with tempfile.TemporaryDirectory() as d:
        lib = os.path.join(d, "libfused_bn.so")
        command = ["gcc", "-O3", "-march=native", "-ffast-math", "-fopenmp", "-shared", "-fPIC", source, "-o", lib]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True)
            return ctypes.CDLL(lib)
        except (OSError, subprocess.CalledProcessError) as e:
            reason = getattr(e, "stderr", None) or str(e)
            print(f"training without fused_bn.c, at half the speed: {reason.strip()}", file=sys.stderr)
            return None


def _p(t):
    return ctypes.c_void_p(0 if t is None else t.data_ptr())


class PlainBN(nn.BatchNorm2d):
    def forward(self, x, res=None, relu=True):
        y = super().forward(x)
        if res is not None:
            y = y + res
        return F.relu(y) if relu else y


def norm():
    """The class of the batch norm modules to train with."""
    lib = _build()
    return PlainBN if lib is None else fused(lib)


def fused(lib):
    class Function(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, res, gamma, beta, shift, eps, relu):
            x = x.to(torch.bfloat16).contiguous(memory_format=CL)
            if res is not None:
                res = res.to(torch.bfloat16).contiguous(memory_format=CL)
            n, c, h, w = x.shape
            y = torch.empty_like(x, memory_format=CL)
            mean, inv, var = shift.clone(), torch.empty(c), torch.empty(c)
            lib.bn_forward(ctypes.c_long(n * h * w), c, _p(x), _p(res), _p(gamma), _p(beta), ctypes.c_float(eps),
                           int(relu), _p(y), _p(mean), _p(inv), _p(var))
            ctx.save_for_backward(x, y, gamma, mean, inv)
            ctx.relu, ctx.has_res = relu, res is not None
            ctx.mark_non_differentiable(mean, var)
            return y, mean, var

        @staticmethod
        def backward(ctx, dy, _mean, _var):
            x, y, gamma, mean, inv = ctx.saved_tensors
            n, c, h, w = x.shape
            dy = dy.to(torch.bfloat16).contiguous(memory_format=CL)
            dx = torch.empty_like(x, memory_format=CL)
            dres = torch.empty_like(x, memory_format=CL) if ctx.has_res else None
            dgamma, dbeta = torch.empty(c), torch.empty(c)
            lib.bn_backward(ctypes.c_long(n * h * w), c, _p(dy), _p(x), _p(y), _p(gamma), _p(mean), _p(inv),
                            int(ctx.relu), _p(dx), _p(dres), _p(dgamma), _p(dbeta))
            return dx, dres, dgamma, dbeta, None, None, None

    class FusedBN(PlainBN):
        def forward(self, x, res=None, relu=True):
            if not self.training:
                return super().forward(x.float(), res, relu)
            y, mean, var = Function.apply(x, res, self.weight, self.bias, self.running_mean, self.eps, relu)
            with torch.no_grad():
                m = x.numel() // x.shape[1]
                self.running_mean.lerp_(mean, self.momentum)
                self.running_var.lerp_(var * (m / (m - 1)), self.momentum)
                self.num_batches_tracked += 1
            return y

    return FusedBN
