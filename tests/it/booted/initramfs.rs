//! The root of a booted machine: the archive that the kernel unpacks before it starts PID 1
//! (`Documentation/driver-api/early-userspace/buffer-format.rst` in the kernel's tree, "newc").

/// A program in /bin: its name and its content.
pub type Program<'p> = (&'p str, &'p [u8]);

/// pausa under the names that rows start, busybox under those of these applets, and programs.
pub fn of(pausa: &[u8], busybox: &[u8], applets: &[&str], programs: &[Program]) -> Vec<u8> {
    let mut archive = Archive::default();
    for folder in ["bin", "dev", "proc", "sys", "sys/fs", "sys/fs/cgroup", "tmp"] {
        archive.add(folder, libc::S_IFDIR | 0o755, (0, 0), &[]);
    }
    // The kernel opens it as descriptors 0, 1 and 2 of PID 1.
    archive.add("dev/console", libc::S_IFCHR | 0o600, (5, 1), &[]);
    // A shell's background jobs read from it.
    archive.add("dev/null", libc::S_IFCHR | 0o666, (1, 3), &[]);
    archive.add("dev/zero", libc::S_IFCHR | 0o666, (1, 5), &[]);
    archive.add("pausa", libc::S_IFREG | 0o755, (0, 0), pausa);
    archive.add("pause", libc::S_IFLNK | 0o777, (0, 0), b"pausa");
    archive.add("bin/busybox", libc::S_IFREG | 0o755, (0, 0), busybox);
    for (name, content) in programs {
        archive.add(&format!("bin/{name}"), libc::S_IFREG | 0o755, (0, 0), content);
    }
    for applet in applets {
        archive.add(&format!("bin/{applet}"), libc::S_IFLNK | 0o777, (0, 0), b"busybox");
    }
    archive.add("TRAILER!!!", 0, (0, 0), &[]);
    archive.bytes
}

#[derive(Default)]
struct Archive {
    bytes: Vec<u8>,
    files: usize,
}

impl Archive {
    fn add(&mut self, name: &str, mode: u32, (major, minor): (usize, usize), content: &[u8]) {
        // Files of one number would be links to one file.
        self.files += 1;
        let (links, length) = (1, content.len());
        let name_length = name.len() + 1;
        let fields = [
            self.files,
            mode as usize,
            0, // The owner, the group,
            0,
            links,
            0, // the time of change,
            length,
            0, // the device that the archive's maker had it on,
            0,
            major,
            minor,
            name_length,
            0, // and a checksum, which this kind has not.
        ];
        self.bytes.extend(b"070701");
        for field in fields {
            self.bytes.extend(format!("{field:08x}").into_bytes());
        }
        self.bytes.extend(name.bytes().chain([0]));
        self.align();
        self.bytes.extend(content);
        self.align();
    }

    fn align(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}
