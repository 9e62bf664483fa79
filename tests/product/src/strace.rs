//! What `strace` saw of a server: the system calls that change files, in the order in which they ended.

use anyhow::{Context, Result, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The calls that are watched.
const CALLS: &str = "open,openat,creat,close,dup,dup2,dup3,fcntl,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,link,linkat,\
                     write,pwrite64,writev,pwritev,pwritev2,copy_file_range,ftruncate,fallocate,fsync,fdatasync,syncfs,clone,clone3,fork,vfork";

/// Something that happened to a file of the data directory; paths are relative to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A name came to be: a file was created.
    Created(PathBuf),
    /// A directory was made.
    MadeDirectory(PathBuf),
    /// Content or length changed.
    Written(PathBuf),
    /// A file's content, or a directory's names, were synced: as they were when the call began, after so many events.
    Synced(PathBuf, usize),
    /// A name changed.
    Renamed(PathBuf, PathBuf),
    /// A name was removed.
    Removed(PathBuf),
}

/// Everything that happened, in order.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    /// The events.
    pub events: Vec<Event>,
}

/// A name or content that a power loss could still take back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unsynced {
    /// This file's content.
    Content(PathBuf),
    /// This name in its directory.
    Name(PathBuf),
}

/// What to put in front of the server's command so that `output` is written.
pub fn wrapper(output: &Path) -> Vec<OsString> {
    let flags = ["strace", "--follow-forks", "--decode-fds=path", "--string-limit=0", "--quiet=all", "--trace"];
    let mut words: Vec<OsString> = flags.iter().map(Into::into).collect();
    words.extend([CALLS.into(), "--output".into(), output.into()]);
    words
}

/// Whether strace is there and may trace.
pub fn is_possible() -> bool {
    Command::new("strace").args(["--quiet=all", "--output", "/dev/null", "true"]).status().is_ok_and(|status| status.success())
}

impl Trace {
    /// Reads what strace wrote about the files below `data`, which was empty at the beginning.
    ///
    /// # Errors
    /// When a line cannot be understood.
    pub fn read(output: &Path, data: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(output).with_context(|| format!("read {}", output.display()))?;
        let data = data.canonicalize()?;
        let mut unfinished = BTreeMap::new();
        let mut events: Vec<Event> = Vec::new();
        let mut names = BTreeSet::new();
        for line in text.lines() {
            let Some((process, call)) = line.split_once(' ').map(|(process, call)| (process, call.trim_start())) else { continue };
            let (whole, began) = if let Some(head) = call.strip_suffix(" <unfinished ...>") {
                unfinished.insert(process.to_owned(), (head.to_owned(), events.len()));
                continue;
            } else if let Some(tail) = call.strip_prefix("<... ") {
                let (_, rest) = tail.split_once(" resumed>").with_context(|| format!("not a resumed call: {line}"))?;
                let (head, began) = unfinished.remove(process).unwrap_or_default();
                (head + rest, began)
            } else {
                (call.to_owned(), events.len())
            };
            let event = event(&whole, &data, began).with_context(|| format!("read the line {line}"))?;
            events.extend(event.filter(|event| is_news(event, &mut names)));
        }
        Ok(Self { events })
    }

    /// What is not synced of files that match `is_part` after the first `count` events.
    pub fn unsynced(&self, count: usize, is_part: impl Fn(&Path) -> bool) -> BTreeSet<Unsynced> {
        // With the number of the event that opened it last.
        let mut open = BTreeMap::new();
        for (at, event) in self.events[..count].iter().enumerate() {
            match event {
                Event::Created(path) | Event::MadeDirectory(path) => drop(open.insert(Unsynced::Name(path.clone()), at)),
                Event::Written(path) => drop(open.insert(Unsynced::Content(path.clone()), at)),
                Event::Synced(path, began) => open.retain(|unsynced, at| {
                    let is_covered = match unsynced {
                        Unsynced::Content(file) => file == path,
                        Unsynced::Name(name) => name.parent() == Some(path),
                    };
                    !is_covered || *at >= *began
                }),
                Event::Renamed(from, to) => {
                    if let Some(written) = open.remove(&Unsynced::Content(from.clone())) {
                        open.insert(Unsynced::Content(to.clone()), written);
                    }
                    open.remove(&Unsynced::Name(from.clone()));
                    open.insert(Unsynced::Name(to.clone()), at);
                }
                Event::Removed(path) => open.retain(|unsynced, _| unsynced.path() != path),
            }
        }
        open.into_keys().filter(|unsynced| is_part(unsynced.path())).collect()
    }
}

impl Unsynced {
    /// Which file or directory it is about.
    pub fn path(&self) -> &Path {
        match self {
            Unsynced::Content(path) | Unsynced::Name(path) => path,
        }
    }
}

/// Keeps the names that there are. Opening a file that may be created is no news when it is there already.
fn is_news(event: &Event, names: &mut BTreeSet<PathBuf>) -> bool {
    match event {
        Event::Created(path) | Event::MadeDirectory(path) => names.insert(path.clone()),
        Event::Renamed(from, to) => {
            names.remove(from);
            names.insert(to.clone());
            true
        }
        Event::Removed(path) => names.remove(path),
        Event::Written(_) | Event::Synced(..) => true,
    }
}

/// Reads one call that ended: `name(arguments) = result`.
fn event(call: &str, data: &Path, began: usize) -> Result<Option<Event>> {
    if call.starts_with("+++") || call.starts_with("---") {
        return Ok(None);
    }
    let (name, rest) = call.split_once('(').context("no name of a call")?;
    let (arguments, result) = rest.rsplit_once(" = ").context("no result")?;
    if result.starts_with('-') || result.starts_with('?') {
        return Ok(None);
    }
    let inside = |path: Option<PathBuf>| path.and_then(|path| path.strip_prefix(data).map(Path::to_owned).ok());
    Ok(match name {
        "open" | "openat" | "creat" if name == "creat" || arguments.contains("O_CREAT") || arguments.contains("O_TRUNC") => {
            inside(descriptor(result)).map(Event::Created)
        }
        "mkdir" | "mkdirat" => inside(quoted(arguments, 0)?).map(Event::MadeDirectory),
        "write" | "pwrite64" | "writev" | "pwritev" | "pwritev2" | "ftruncate" | "fallocate" => {
            inside(descriptor(arguments)).map(Event::Written)
        }
        "fsync" | "fdatasync" => inside(descriptor(arguments)).map(|path| Event::Synced(path, began)),
        "rename" | "renameat" | "renameat2" => match (inside(quoted(arguments, 0)?), inside(quoted(arguments, 1)?)) {
            (Some(from), Some(to)) => Some(Event::Renamed(from, to)),
            (None, None) => None,
            _ => bail!("a rename across the data directory's border"),
        },
        "unlink" | "unlinkat" => inside(quoted(arguments, 0)?).map(Event::Removed),
        "copy_file_range" | "link" | "linkat" => bail!("a call that this reader does not follow"),
        _ => None,
    })
}

/// The path in `3</some/path>`, of the first descriptor in the text.
fn descriptor(text: &str) -> Option<PathBuf> {
    let (number, rest) = text.split_once('<')?;
    number.trim().parse::<u32>().ok()?;
    let (path, _) = rest.split_once('>')?;
    Some(PathBuf::from(path))
}

/// The n-th quoted path, absolute: relative ones begin at the descriptor or `AT_FDCWD<path>` before them.
fn quoted(arguments: &str, n: usize) -> Result<Option<PathBuf>> {
    let mut rest = arguments;
    for at in 0..=n {
        let start = rest.find('"').context("no path among the arguments")?;
        let end = start + 1 + rest[start + 1..].find('"').context("a path does not end")?;
        let (before, path) = (&rest[..start], &rest[start + 1..end]);
        if at == n {
            let base = before.rfind('<').and_then(|at| before[at + 1..].split('>').next());
            return Ok(Some(base.map_or_else(|| PathBuf::from(path), |base| Path::new(base).join(path))));
        }
        rest = &rest[end + 1..];
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(call: &str, expected: Option<Event>) {
        assert_eq!(event(call, Path::new("/d"), 5).unwrap(), expected);
    }

    #[test]
    fn calls_become_events() {
        check(r#"openat(AT_FDCWD</>, "/d/log/1", O_RDWR|O_CREAT|O_EXCL, 0600) = 7</d/log/1>"#, Some(Event::Created("log/1".into())));
        check(r#"openat(AT_FDCWD</>, "/d/log/1", O_RDONLY|O_CLOEXEC) = 7</d/log/1>"#, None);
        check(r#"mkdir("/d/events", 0700) = 0"#, Some(Event::MadeDirectory("events".into())));
        check(r#"write(7</d/log/1>, ""..., 512) = 512"#, Some(Event::Written("log/1".into())));
        check(r#"fdatasync(7</d/log/1>) = 0"#, Some(Event::Synced("log/1".into(), 5)));
        check("fdatasync(7</d/log/1>) = -1 EIO (Input/output error)", None);
        check(r#"rename("/d/tmp/a", "/d/events/a") = 0"#, Some(Event::Renamed("tmp/a".into(), "events/a".into())));
        check(r#"renameat2(3</d>, "a", 4</d/x>, "b", 0) = 0"#, Some(Event::Renamed("a".into(), "x/b".into())));
        check(r#"unlink("/elsewhere/a") = 0"#, None);
        check("+++ exited with 0 +++", None);
    }

    #[test]
    fn a_file_is_created_once() {
        let mut names = BTreeSet::new();
        let created = Event::Created("a".into());
        assert!(is_news(&created, &mut names) && !is_news(&created, &mut names));
        assert!(is_news(&Event::Removed("a".into()), &mut names) && is_news(&created, &mut names));
    }

    #[test]
    fn a_name_is_safe_when_its_directory_was_synced() {
        let trace = Trace {
            events: vec![
                Event::Created("tmp/a".into()),
                Event::Written("tmp/a".into()),
                Event::Synced("tmp/a".into(), 2),
                Event::Renamed("tmp/a".into(), "events/a".into()),
                Event::Synced("events".into(), 3),
                Event::Synced("events".into(), 4),
            ],
        };
        let names = |count| trace.unsynced(count, |_| true).into_iter().collect::<Vec<_>>();
        assert_eq!(names(2), [Unsynced::Content("tmp/a".into()), Unsynced::Name("tmp/a".into())]);
        assert_eq!(names(3), [Unsynced::Name("tmp/a".into())]);
        assert_eq!(names(4), [Unsynced::Name("events/a".into())]);
        assert_eq!(names(5), [Unsynced::Name("events/a".into())], "a sync that began before the rename ended");
        assert_eq!(names(6), []);
    }
}
