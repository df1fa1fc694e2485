import os
import subprocess
import sys

import pytest
import torch
import torch.distributed as torch_dist

from mmpose_video.compat import cpu_ddp


def work(rank, port, folder):
    """One of two processes: init as the launcher does, wrap, one step."""
    os.environ.update(
        RANK=str(rank),
        LOCAL_RANK=str(rank),
        WORLD_SIZE='2',
        MASTER_ADDR='127.0.0.1',
        MASTER_PORT=str(port))
    from mmengine.dist import get_comm_device, init_dist
    from mmengine.model import MMDistributedDataParallel

    init_dist('pytorch', backend='nccl')
    assert torch_dist.get_backend() == 'gloo'
    assert get_comm_device().type == 'cpu'
    layer = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.constant_(layer.weight, 1.)
    model = MMDistributedDataParallel(module=layer, device_ids=[rank])
    model.module(torch.ones(1, 1))
    torch.nn.parallel.DistributedDataParallel.forward(
        model, torch.full((1, 1), float(rank + 1))).sum().backward()
    torch.save(layer.weight.grad, f'{folder}/{rank}.pt')
    torch_dist.destroy_process_group()


@pytest.mark.slow
@pytest.mark.skipif(not cpu_ddp.on_cpu(), reason='there is an accelerator')
def test_two_processes_average_gradients(tmp_path, free_port):
    # not forked: other tests leave threads behind, which a fork may wait for
    processes = [
        subprocess.Popen([sys.executable, __file__, str(rank),
                          str(free_port), str(tmp_path)])
        for rank in range(2)
    ]
    try:
        assert [process.wait(300) for process in processes] == [0, 0]
    finally:
        for process in processes:
            process.kill()
    for rank in range(2):  # inputs 1 and 2
        assert torch.load(tmp_path / f'{rank}.pt').item() == 1.5


@pytest.fixture
def free_port():
    import socket
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', 0))
        return listener.getsockname()[1]


def test_gpu_users_keep_the_original(monkeypatch):
    from mmengine.dist import utils
    calls = []
    original = utils._init_dist_pytorch.__wrapped__
    monkeypatch.setattr(utils, '_init_dist_pytorch',
                        lambda *a, **k: calls.append((a, k)))
    from mmengine.model import MMDistributedDataParallel as Ddp
    monkeypatch.setattr(Ddp, '__init__',
                        lambda self, module, **k: calls.append(k))
    cpu_ddp.install()
    monkeypatch.setattr(cpu_ddp, 'on_cpu', lambda: False)
    utils._init_dist_pytorch('nccl', init_backend='torch', timeout=3)
    Ddp(torch.nn.Linear(1, 1), device_ids=[1])
    assert calls == [(('nccl', ), dict(init_backend='torch', timeout=3)),
                     dict(device_ids=[1])]
    assert original.__module__ == 'mmengine.dist.utils'


if __name__ == '__main__':
    work(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
