//! Directories and links of /proc: what only `--inspect` needs.

use super::arch::{syscall3, syscall4};
use super::file::open;
use super::stream::{close, terminated};
use crate::bytes::split;
use crate::model::errno::Errno;
use crate::model::process::Fd;

/// Visits the names in a directory, in the order of getdents64(2). `path` ends with a NUL.
///
/// # Errors
/// As open(2) and getdents64(2).
pub fn each_name(path: &[u8], visit: &mut dyn FnMut(&[u8])) -> Result<(), Errno> {
    let fd = open(path, libc::O_RDONLY | libc::O_DIRECTORY | libc::O_NONBLOCK)?;
    let mut buffer = [0u8; 2048];
    let result = loop {
        match entries(fd, &mut buffer) {
            Ok([]) => break Ok(()),
            Ok(mut entries) => {
                // `struct linux_dirent64`: inode and offset, 8 bytes each; length of the entry, 2; type, 1; name.
                while let Some((&[low, high], name)) =
                    entries.get(16..18).and_then(|length| length.first_chunk()).zip(entries.get(19..))
                {
                    let length = usize::from(u16::from_ne_bytes([low, high]));
                    visit(split(name, 0).next().unwrap_or(&[]));
                    // An entry that is shorter than its head is not the kernel's.
                    entries = entries.get(length.max(19)..).unwrap_or(&[]);
                }
            }
            Err(errno) => break Err(errno),
        }
    };
    close(fd);
    result
}

fn entries(fd: Fd, buffer: &mut [u8]) -> Result<&[u8], Errno> {
    let (number, place) = (libc::SYS_getdents64 as usize, buffer.as_mut_ptr() as usize);
    // SAFETY: the kernel writes into the buffer and no more.
    let count = Errno::check(unsafe { syscall3(number, fd.raw() as usize, place, buffer.len()) })?;
    Ok(buffer.get(..count).unwrap_or(&[]))
}

/// Reads what a symbolic link says, as much as fits: readlinkat(2). `path` ends with a NUL.
///
/// # Errors
/// As readlink(2).
pub fn read_link<'b>(path: &[u8], buffer: &'b mut [u8]) -> Result<&'b [u8], Errno> {
    let (here, path) = (libc::AT_FDCWD as usize, terminated(path)?);
    let (number, place) = (libc::SYS_readlinkat as usize, buffer.as_mut_ptr() as usize);
    // SAFETY: the path ends with a NUL, as `terminated` says; the kernel writes into the buffer and no more.
    let count = Errno::check(unsafe { syscall4(number, here, path, place, buffer.len()) })?;
    Ok(buffer.get(..count).unwrap_or(&[]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_directory_is_read_whole() {
        let folder = std::env::temp_dir().join(format!("pausa-names-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("make a folder");
        // More than fit into one read.
        let names: BTreeSet<String> = (0..500).map(|number| format!("name-{number}")).collect();
        for name in &names {
            std::fs::write(folder.join(name), "").expect("write");
        }
        let mut found = BTreeSet::new();
        let path = format!("{}\0", folder.display());
        each_name(path.as_bytes(), &mut |name| {
            found.insert(String::from_utf8(name.to_vec()).unwrap());
        })
        .expect("read it");
        std::fs::remove_dir_all(&folder).expect("remove");
        assert!(found.remove(".") && found.remove(".."));
        assert_eq!(found, names);
        assert_eq!(each_name(b"/proc/self/status\0", &mut |_| {}), Err(Errno::NOTDIR));
    }

    #[test]
    fn a_link_is_read_as_far_as_it_fits() {
        let mut buffer = [0; 5];
        assert_eq!(read_link(b"/proc/self/ns/pid\0", &mut buffer), Ok(&b"pid:["[..]));
        assert!(read_link(b"/proc/self/status\0", &mut buffer).is_err(), "no link");
    }
}
