"""Workers end when their parent was killed, also in a queue's feeder."""
import os
import select
import signal
import subprocess
import sys
import textwrap

import pytest

#: A loader whose worker has a batch larger than a pipe to send, unread.
LOADER = """
    import os, signal, sys
    import torch
    from torch.utils.data import DataLoader, Dataset
    from mmpose_video.utils.parent_watch import end_with_parent

    class Large(Dataset):
        def __len__(self):
            return 4

        def __getitem__(self, index):
            end_with_parent()
            # not a tensor: those do not travel through the pipe
            return bytes(1 << 22)

    batches = iter(DataLoader(Large(), batch_size=1, num_workers=2,
                              collate_fn=lambda batch: batch))
    next(batches)
    print('ready', flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not sys.platform.startswith('linux'), reason='forks')
def test_workers_of_a_killed_process_end():
    read, write = os.pipe()
    process = subprocess.Popen(
        [sys.executable, '-c', textwrap.dedent(LOADER)], pass_fds=[write],
        stdout=subprocess.PIPE, start_new_session=True)
    os.close(write)
    try:
        assert process.stdout.readline() == b'ready\n'
        assert process.wait(60) == -signal.SIGKILL
        # the end of the pipe comes when the last worker has ended
        ended, _, _ = select.select([read], [], [], 60)
        assert ended and os.read(read, 1) == b''
    finally:
        os.close(read)
        process.stdout.close()
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
