"""The app in a real browser: Chromium without a window."""
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from mmpose_video.formats.results import read_results, write_results

ROOT = Path(__file__).parents[2]
WAIT = 240  # seconds; a limit for a page that hangs, not a measure
DONE = '1 person in 9 frames'
CHROMIUM = shutil.which('chromium') or shutil.which('chromium-browser')
DRIVER = shutil.which('chromedriver')

for module in ('gradio', 'selenium'):
    pytest.importorskip(module, reason=f'{module} is not installed')
pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group('browser'),
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER),
        reason='no Chromium with its driver (apt-get install chromium '
        'chromium-driver)')
]


@pytest.fixture(scope='module')
def app(tmp_path_factory, tiny_model):
    """The command, running: its address and its folder."""
    folder = tmp_path_factory.mktemp('app')
    log = folder / 'log.txt'
    code = 'import sys, _mmpose_video_cli as cli; sys.exit(cli.main())'
    with open(log, 'w') as output:
        process = subprocess.Popen(
            [sys.executable, '-c', code, 'app', '--config', tiny_model[0],
             '--checkpoint', tiny_model[1], '--device', 'cpu', '--max-size',
             '0.3', '--out-dir', str(folder / 'out')],
            cwd=ROOT, stdout=output, stderr=subprocess.STDOUT,
            env=dict(os.environ, OMP_NUM_THREADS='1'))
    try:
        end = time.monotonic() + WAIT
        address = None
        while address is None:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            address = re.search(r'the app is at (\S+)', log.read_text())
            time.sleep(0.1)
        yield address[1], folder / 'out'
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        assert 'Traceback' not in log.read_text(), log.read_text()
    finally:
        process.kill()


@pytest.fixture(scope='module')
def chromium(tmp_path_factory):
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for word in ('--headless=new', '--no-sandbox', '--disable-gpu',
                 '--disable-dev-shm-usage', '--window-size=1300,1600',
                 '--autoplay-policy=no-user-gesture-required',
                 f'--user-data-dir={tmp_path_factory.mktemp("profile")}'):
        options.add_argument(word)
    browser = webdriver.Chrome(options, Service(DRIVER))
    yield browser
    browser.quit()


@pytest.fixture
def page(app, chromium):
    """The page, loaded anew."""
    return Page(chromium, app[0])


class Page:
    """What a person would do on the page."""

    def __init__(self, browser, address):
        self.browser = browser
        browser.get(address)
        # MoveNet's weights may not be there
        people = self.wait('#people input')[0]
        people.click()
        people.clear()
        people.send_keys('whole', '\n')

    def find(self, css):
        return self.browser.find_elements('css selector', css)

    def wait(self, css, good=lambda elements: elements):
        """Wait until the elements are as they should be."""
        from selenium.common.exceptions import (
            StaleElementReferenceException,
        )
        from selenium.webdriver.support.ui import WebDriverWait

        def look(_):
            found = self.find(css)
            return found if good(found) else False

        return WebDriverWait(
            self.browser, WAIT, 0.2,
            [StaleElementReferenceException]).until(look, css)

    def upload(self, css, path):
        """Give a file to an upload field, and wait until it is there."""
        self.wait(f'{css} input[type=file]')[0].send_keys(str(path))
        self.wait(f'{css} :is(.file-preview, table)')

    def click(self, css):
        element = self.wait(css)[0]
        self.browser.execute_script(
            'arguments[0].scrollIntoView({block: "center"})', element)
        element.click()

    def error(self):
        """Return the text of the next error."""
        return self.wait('.toast-body', lambda e: e and e[0].text)[0].text

    def text(self, css, pattern):
        """Wait for a text, and return it."""
        found = self.wait(css, lambda elements: elements and re.search(
            pattern, elements[0].text))
        return found[0].text


def size_of(page, image):
    """Return width and height of an image when it is decoded."""
    return page.browser.execute_async_script(
        """
        const [image, done] = arguments;
        image.decode().then(() => done([image.naturalWidth,
                                        image.naturalHeight]));
        """, image)


def test_poses_of_a_video(page, app, rendered):
    page.upload('#upload', rendered)
    page.click('button#run')
    page.text('#status', DONE)
    video = page.wait('#poses video')[0]
    # the browser decodes it, to its end
    state = page.browser.execute_async_script(
        """
        const [video, done] = arguments;
        const end = () => done([video.videoWidth, video.videoHeight,
                                video.currentTime, video.error]);
        video.muted = true;
        video.onended = end; video.onerror = end;
        if (video.ended) end(); else video.play();
        """, video)
    assert state[:2] == [160, 120] and state[3] is None
    assert state[2] == pytest.approx(0.9, abs=0.11)
    assert size_of(page, page.wait('#curves img')[0])[0] > 300
    assert page.find('#files a') and page.find('#archive a')
    names = {link.get_attribute('download') for link in page.find('#files a')}
    assert {'two_people.mmpose.json', 'two_people.csv.csv',
            'two_people.yolo.zip'} <= names
    assert not list(app[1].rglob('*.part*'))


def test_an_upload_that_is_no_video(page, tmp_path):
    path = tmp_path / '<b>playlist.mp4'
    path.write_bytes(b'#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n')
    page.wait('#upload input[type=file]')[0].send_keys(str(path))
    page.wait('#upload .file-preview')
    page.click('button#run')
    assert 'is no video: expected mp4' in page.error()
    assert not page.find('.toast-body b')


def test_an_upload_that_is_too_large(page, tmp_path, app):
    path = tmp_path / 'large.mp4'
    path.write_bytes(b'\0\0\0\x18ftypisom' + bytes(400_000))
    page.wait('#upload input[type=file]')[0].send_keys(str(path))
    assert 'maximum allowed size' in page.error()
    assert not list(app[1].rglob('large.mp4'))


def test_a_job_that_is_stopped(page, app, rendered):
    page.upload('#upload', rendered)
    before = set((app[1] / 'jobs').iterdir())
    page.click('button#run')
    page.click('button#stop')
    assert 'stopped; nothing was written' in page.error()
    assert set((app[1] / 'jobs').iterdir()) == before


def test_two_pages_at_once(page, app, rendered):
    first = page.browser.current_window_handle
    page.upload('#upload', rendered)
    page.browser.switch_to.new_window('tab')
    other = Page(page.browser, app[0])
    other.upload('#upload', rendered)
    other.click('button#run')
    second = page.browser.current_window_handle
    page.browser.switch_to.window(first)
    page.click('button#run')
    page.text('#status', DONE)
    page.browser.switch_to.window(second)
    page.text('#status', DONE)
    page.browser.close()
    page.browser.switch_to.window(first)


def test_two_results_are_compared(page, app, rendered, tmp_path):
    page.upload('#upload', rendered)
    page.click('button#run')
    page.text('#status', DONE)
    source = max(app[1].glob('jobs/*/results/*.mmpose.json'),
                 key=os.path.getmtime)
    results = read_results(str(source))
    results.frames[5].people[0].keypoints += 12
    other = tmp_path / 'other.json'
    write_results(results, str(other), 'mmpose')

    page.click('button[role=tab][aria-selected=false]')
    page.upload('#compare-upload', rendered)
    page.upload('#first', source)
    page.upload('#second', other)
    page.click('button#compare')
    page.text('#compare-status', '9 frames, 17 joints')
    page.wait('#difference img')
    options = page.wait('#worst label')
    assert len(options) == 1 and options[0].text.startswith('5 (')
    # two rows of three frames: the json does not tell the model's clip
    assert size_of(page, page.wait('#clip img')[0]) == [3 * 168, 2 * 128]
    distances = page.text('#distances', r'\b17\b')
    assert np.hypot(12, 12) == pytest.approx(17.0, abs=0.05)
    assert 'nose' in distances
