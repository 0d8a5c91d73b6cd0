//! The least that a durable commit can cost: one write at the end of what was written, then `fdatasync`.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::together::Together;

/// The zeroes of the file are on the disk already, as those of the journal's segments are.
const ROOM: usize = 64 << 20;

/// A file of frames of one size.
pub(crate) struct RawDisk {
    path: PathBuf,
    file: File,
    frame: Vec<u8>,
    end: Mutex<u64>,
    together: Together<()>,
}

impl RawDisk {
    pub(crate) fn new(dir: &Path, frame_bytes: u64) -> Self {
        let path = dir.join("raw");
        let _ = fs::remove_file(&path);
        let file = File::create_new(&path).unwrap();
        file.write_all_at(&vec![0; ROOM], 0).unwrap();
        file.sync_all().unwrap();
        Self {
            path,
            file,
            frame: vec![0xa5; frame_bytes.clamp(1, ROOM as u64 / 2) as usize],
            end: Mutex::new(0),
            together: Together::new(),
        }
    }

    pub(crate) fn append_alone(&self) {
        self.append(1);
    }

    pub(crate) fn append_together(&self) {
        self.together.run((), |waiting| self.append(waiting.len()));
    }

    fn append(&self, frames: usize) {
        let bytes = self.frame.repeat(frames);
        let mut end = self.end.lock().unwrap();
        if *end + bytes.len() as u64 > ROOM as u64 {
            *end = 0;
        }
        self.file.write_all_at(&bytes, *end).unwrap();
        self.file.sync_data().unwrap();
        *end += bytes.len() as u64;
    }
}

impl Drop for RawDisk {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}
