"""The only folder that the app writes to."""
import contextlib
import shutil
import tempfile
import uuid
from pathlib import Path
from typing import Iterator, Optional

from mmpose_video.formats.drafts import draft_of, remove_all_left


class Workspace:
    """A folder with the uploads and a folder for the results of each job.

    A job writes to a draft, a folder that gets its name when everything is in
    it: after an error, a canceled job or a killed process no incomplete
    results are left under a final name.

    Args:
        folder (str, optional): Where results are kept. Defaults to None, a
            temporary folder that :meth:`close` removes.

    Attributes:
        jobs (Path): The finished jobs.
        uploads (Path): What browsers uploaded, and gradio's copies.

    Raises:
        OSError: If the folder cannot be written.
    """

    def __init__(self, folder: Optional[str] = None) -> None:
        self._temporary = folder is None
        if folder is None:
            folder = tempfile.mkdtemp(prefix='mmpose-video-app-')
        self.root = Path(folder).resolve()
        self.jobs = self.root / 'jobs'
        self.uploads = self.root / 'uploads'
        for path in (self.jobs, self.uploads):
            path.mkdir(parents=True, exist_ok=True)
        remove_all_left(str(self.jobs))

    @contextlib.contextmanager
    def job(self) -> Iterator['JobFolder']:
        """Make a folder that stays only if nothing is raised.

        Yields:
            JobFolder: Where to write, and where it will be.
        """
        final = self.jobs / uuid.uuid4().hex
        with draft_of(str(final), folder=True) as draft:
            yield JobFolder(Path(draft), final)

    def remove(self, job: Path) -> None:
        """Remove the results of a job.

        Args:
            job (Path): Its folder; others are left alone.
        """
        if job.parent == self.jobs:
            shutil.rmtree(job, ignore_errors=True)

    def close(self) -> None:
        """Remove a temporary folder."""
        if self._temporary:
            shutil.rmtree(self.root, ignore_errors=True)


class JobFolder:
    """The folder of a job.

    Args:
        draft (Path): Where it is written.
        final (Path): Where it is when it is complete.
    """

    def __init__(self, draft: Path, final: Path) -> None:
        self.draft = draft
        self.final = final

    def place(self, path: Path) -> Path:
        """Return where a file of the draft will be."""
        return self.final / path.relative_to(self.draft)
