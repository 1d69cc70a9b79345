//! The switch of `faulty_io.c`, which makes the server's own calls on its database file fail.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::process::Command;

use tempfile::TempDir;

/// Which calls fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Sync,
    Write,
    Read,
    /// Writing, and opening the file anew as well.
    WriteOrOpen,
    /// All of them.
    Any,
}

impl Call {
    /// As `faulty_io.c` numbers them.
    const fn kinds(self) -> u32 {
        match self {
            Self::Sync => 1,
            Self::Write => 2,
            Self::Read => 4,
            Self::WriteOrOpen => 2 + 8,
            Self::Any => 1 + 2 + 4 + 8,
        }
    }
}

/// What they fail with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The device is broken.
    Eio,
    /// There are no more descriptors.
    Emfile,
    /// The device is full.
    Enospc,
}

impl Error {
    /// Its number on Linux.
    const fn number(self) -> u32 {
        match self {
            Self::Eio => 5,
            Self::Emfile => 24,
            Self::Enospc => 28,
        }
    }
}

/// The compiled library and its switch, off.
pub struct FaultyIo {
    _folder: TempDir,
    library: String,
    path: String,
    switch: File,
}

impl FaultyIo {
    pub fn build() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let within = |name| folder.path().join(name).to_str().unwrap().to_owned();
        let library = within("faulty_io.so");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/faults/sqlite/faulty_io.c");
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"])
            .args([&library, source, "-ldl"])
            .status()
            .expect("a C compiler is needed (on Debian: apt-get install build-essential)");
        assert!(built.success(), "{source} does not compile");
        let path = within("switch");
        std::fs::write(&path, [0; 20]).unwrap();
        let switch = File::options().read(true).write(true).open(&path).unwrap();
        Self { _folder: folder, library, path, switch }
    }

    /// What the server must be started with.
    pub fn variables(&self) -> [(&str, &str); 2] {
        [("LD_PRELOAD", &self.library), ("FAULTY_IO_SWITCH", &self.path)]
    }

    /// From now on one of `every` such calls fails.
    pub fn on(&self, call: Call, error: Error, every: u32) {
        self.set(1, error.number());
        self.set(2, every);
        self.set(0, call.kinds());
    }

    pub fn off(&self) {
        self.set(0, 0);
    }

    /// How many calls have failed so far.
    pub fn hits(&self) -> u32 {
        let mut bytes = [0; 4];
        self.switch.read_exact_at(&mut bytes, 16).unwrap();
        u32::from_ne_bytes(bytes)
    }

    fn set(&self, field: u64, value: u32) {
        self.switch.write_all_at(&value.to_ne_bytes(), 4 * field).unwrap();
    }
}
