//! Files that only the user of this process may read, because they hold secrets or the tasks of all users.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The permission bits of the file's group and of all other users.
const OTHERS: u32 = 0o077;

/// Makes an empty file with mode 0600, whatever the umask. An existing file stays as it is, its mode included, and
/// is not opened: closing it would take the locks that SQLite has on it.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn create_if_missing(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Gives a file this content and mode 0600, whole or not at all. A link stays one.
///
/// # Errors
/// When it cannot be written. It is then as it was.
pub(crate) fn replace(path: &Path, content: &str) -> io::Result<()> {
    let (target, new) = (target(path), beside(path));
    let written = write_new(&new, content).and_then(|()| std::fs::rename(&new, target));
    // What is left of a failed attempt holds secrets.
    written.inspect_err(|_| drop(std::fs::remove_file(&new)))
}

/// Whether [`replace`] would succeed.
///
/// # Errors
/// Why it would not.
pub(crate) fn check_replaceable(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let new = beside(path);
    write_new(&new, "").and_then(|()| std::fs::remove_file(&new))
}

fn target(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// The file that takes the place of another, in the same folder so that it can be renamed.
fn beside(path: &Path) -> PathBuf {
    let mut name = target(path).into_os_string();
    name.push(format!(".{}.new", std::process::id()));
    name.into()
}

fn write_new(path: &Path, content: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()
}

/// One sentence with the remedy if other users of the machine may read or change the file; `None` if not, or if there
/// is no such file.
pub(crate) fn exposed(path: &Path) -> Option<String> {
    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
    let path = path.display();
    let sentence = format!(
        "other users of this machine may open {path} (mode {mode:04o}): run chmod 600 {path}"
    );
    (mode & OTHERS != 0).then_some(sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_new_file_is_private_and_an_existing_one_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        create_if_missing(&path).unwrap();
        assert_eq!((mode(&path), exposed(&path)), (0o600, None));
        std::fs::write(&path, "content").unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        create_if_missing(&path).unwrap();
        assert_eq!((mode(&path), std::fs::read(&path).unwrap()), (0o644, b"content".to_vec()));
        assert!(create_if_missing(&folder.path().join("no/folder")).is_err());
    }

    #[test]
    fn a_replaced_file_is_private_whole_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let link = folder.path().join("link");
        std::fs::write(&path, "old").unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        check_replaceable(&link).unwrap();
        replace(&link, "new").unwrap();
        assert!(link.is_symlink());
        assert_eq!((mode(&path), std::fs::read(&path).unwrap()), (0o600, b"new".to_vec()));
        for wrong in [folder.path().join("no/file"), folder.path().to_owned()] {
            assert!(check_replaceable(&wrong).is_err(), "{}", wrong.display());
            assert!(replace(&wrong, "new").is_err(), "{}", wrong.display());
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn each_permission_of_group_and_others_exposes_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        assert_eq!(exposed(&path), None, "there is none");
        std::fs::write(&path, "").unwrap();
        for (mode, is_exposed) in
            [(0o600, false), (0o700, false), (0o640, true), (0o604, true), (0o620, true)]
        {
            std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
            assert_eq!(exposed(&path).is_some(), is_exposed, "{mode:o}");
        }
        let sentence = exposed(&path).unwrap();
        let command = format!("(mode 0620): run chmod 600 {}", path.display());
        assert!(sentence.ends_with(&command), "{sentence}");
    }
}
