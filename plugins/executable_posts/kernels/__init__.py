"""Kernels that die cleanly: a jupyter_client kernel provisioner, and what runs inside a kernel."""
