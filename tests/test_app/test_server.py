"""The server, asked as a stranger would ask it."""
import io
import os
import urllib.error
import urllib.request
from pathlib import Path

import pytest

gr = pytest.importorskip('gradio', reason='the extra [app] is not installed')

MAX_BYTES = 200_000


@pytest.fixture(scope='module')
def server(tmp_path_factory, tiny_model):
    """A running app: its address and its folder."""
    from mmpose_video.app.job import PoseJob
    from mmpose_video.app.menu import Menu
    from mmpose_video.app.page import make_page, serve
    from mmpose_video.app.workspace import Workspace
    workspace = Workspace(str(tmp_path_factory.mktemp('app')))
    before = os.environ.get('GRADIO_TEMP_DIR')
    os.environ['GRADIO_TEMP_DIR'] = str(workspace.uploads)
    page = make_page(PoseJob(Menu([tiny_model]), workspace, device='cpu'))
    address = serve(page, '127.0.0.1', None, MAX_BYTES)
    yield address.rstrip('/'), workspace.root
    page.blocks.close(verbose=False)
    if before is None:
        del os.environ['GRADIO_TEMP_DIR']
    else:
        os.environ['GRADIO_TEMP_DIR'] = before


def get(address):
    """Return status and content."""
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def upload(address, name, content):
    """Send a file as the page does; return status and answer."""
    body = io.BytesIO()
    body.write(b'--x\r\nContent-Disposition: form-data; name="files"; '
               b'filename="' + name.encode() + b'"\r\n\r\n')
    body.write(content + b'\r\n--x--\r\n')
    return get(urllib.request.Request(
        f'{address}/gradio_api/upload', body.getvalue(),
        {'Content-Type': 'multipart/form-data; boundary=x'}))


def test_the_page_is_there(server):
    status, content = get(server[0])
    assert status == 200 and b'Poses of people in a video' in content


@pytest.mark.parametrize('path', [
    '/etc/passwd', '{root}/../secret.txt', '{cwd}/pyproject.toml',
    '{root}/uploads/../../secret.txt', '{cwd}/mmpose_video/version.py'])
def test_no_file_outside_is_served(server, path):
    address, root = server
    (root.parent / 'secret.txt').write_text('hidden content')
    path = path.format(root=root, cwd=Path.cwd())
    for prefix in ('/gradio_api/file=', '/file=', '/gradio_api/download/'):
        status, content = get(address + prefix + path)
        assert status in (403, 404), (prefix, status)
        assert b'hidden content' not in content and b'root:' not in content


def test_large_uploads_end_early(server):
    address, root = server
    status, answer = upload(address, 'a.mp4', bytes(MAX_BYTES + 1))
    assert status == 413 and b'maximum allowed size' in answer
    assert not list(root.rglob('a.mp4'))


@pytest.mark.parametrize('name', [
    '../../../evil.mp4', '/evil.mp4', '..\\evil.mp4', 'a/../../evil.mp4'])
def test_uploads_stay_in_the_folder(server, name):
    address, root = server
    before = set(root.parent.rglob('*'))
    upload(address, name, b'hello')
    added = {path for path in root.parent.rglob('*')
             if path.is_file()} - before
    assert all(path.is_relative_to(root / 'uploads') for path in added)
    assert not Path('/evil.mp4').exists()


def test_functions_cannot_be_called_without_the_page(server):
    status, content = get(f'{server[0]}/gradio_api/info')
    assert status == 200
    assert b'"named_endpoints":{}' in content.replace(b' ', b'')
