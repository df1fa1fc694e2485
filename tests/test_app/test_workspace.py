"""Folders of jobs are complete or absent."""
import pytest

from mmpose_video.app.workspace import Workspace


def test_a_job_gets_its_name_at_the_end(workspace):
    with workspace.job() as folder:
        (folder.draft / 'a').mkdir()
        (folder.draft / 'a' / 'x').write_text('1')
        assert not folder.final.exists()
        place = folder.place(folder.draft / 'a' / 'x')
    assert place.read_text() == '1'
    assert list(workspace.jobs.iterdir()) == [folder.final]


@pytest.mark.parametrize('error', [ValueError, KeyboardInterrupt])
def test_nothing_is_left_of_a_failed_job(workspace, error):
    with pytest.raises(error), workspace.job() as folder:
        (folder.draft / 'x').write_text('1')
        raise error
    assert not list(workspace.jobs.iterdir())


def test_what_a_killed_process_left_is_removed(tmp_path):
    kept = tmp_path / 'jobs' / 'done'
    for folder in (kept, tmp_path / 'jobs' / 'half.0123abcd.part'):
        folder.mkdir(parents=True)
        (folder / 'x').write_text('1')
    workspace = Workspace(str(tmp_path))
    assert list(workspace.jobs.iterdir()) == [kept]


def test_a_second_app_leaves_the_jobs_of_the_first(workspace):
    with workspace.job() as folder:
        other = Workspace(str(workspace.root))
        assert folder.draft.is_dir()
    assert list(other.jobs.iterdir()) == [folder.final]


def test_only_jobs_are_removed(tmp_path, workspace):
    other = tmp_path / 'other'
    other.mkdir()
    with workspace.job() as folder:
        pass
    for path in (other, workspace.jobs, workspace.root):
        workspace.remove(path)
        assert path.is_dir()
    workspace.remove(folder.final)
    assert not folder.final.exists()


def test_a_temporary_folder_goes_and_a_given_one_stays(workspace):
    temporary = Workspace()
    temporary.close()
    workspace.close()
    assert not temporary.root.exists() and workspace.jobs.is_dir()
