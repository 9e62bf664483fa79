//! What the rules look at: the repository's own files and what cargo says of its crates.

use crate::shell::Shell;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The repository, read once.
pub struct Tree {
    /// Its root.
    pub root: PathBuf,
    /// Paths of all files that are not ignored, relative to the root, sorted.
    pub files: Vec<PathBuf>,
    /// The workspace's crates, by directory.
    pub crates: Vec<Crate>,
    /// `cargo metadata` with all dependencies.
    pub metadata: serde_json::Value,
}

/// One crate of the workspace.
pub struct Crate {
    /// Package name.
    pub name: String,
    /// Its directory, relative to the root.
    pub directory: PathBuf,
    /// What it depends on directly.
    pub dependencies: Vec<Dependency>,
}

/// A direct dependency.
pub struct Dependency {
    /// Package name.
    pub name: String,
    /// Only its own tests see it.
    pub is_dev: bool,
}

impl Tree {
    /// Asks git for the files and cargo for the crates.
    pub fn read(root: &Path) -> Result<Self> {
        let metadata = Shell::at(root.to_path_buf()).metadata(&[])?;
        let mut crates = workspace_crates(root, &metadata)?;
        crates.sort_by(|left, right| left.directory.cmp(&right.directory));
        Ok(Self { root: root.to_path_buf(), files: files(root)?, crates, metadata })
    }

    /// Files whose name ends in one of these, with their text.
    pub fn texts<'a>(&'a self, endings: &'a [&str]) -> impl Iterator<Item = (&'a Path, String)> + 'a {
        let wanted = |path: &&PathBuf| endings.iter().any(|ending| path.to_string_lossy().ends_with(ending));
        self.files.iter().filter(wanted).filter_map(|path| {
            let text = std::fs::read_to_string(self.root.join(path)).ok()?;
            Some((path.as_path(), text))
        })
    }
}

fn files(root: &Path) -> Result<Vec<PathBuf>> {
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let output = Command::new("git").current_dir(root).args(arguments).output().context("run git ls-files")?;
    anyhow::ensure!(output.status.success(), "git ls-files failed");
    let listed = String::from_utf8(output.stdout).context("a file name is not UTF-8")?;
    let mut files: Vec<PathBuf> =
        listed.split('\0').filter(|path| !path.is_empty()).map(PathBuf::from).filter(|path| root.join(path).is_file()).collect();
    files.sort();
    files.dedup();
    Ok(files)
}

fn workspace_crates(root: &Path, metadata: &serde_json::Value) -> Result<Vec<Crate>> {
    let members = metadata["workspace_members"].as_array().context("cargo metadata names no members")?;
    let packages = metadata["packages"].as_array().context("cargo metadata names no packages")?;
    packages.iter().filter(|package| members.contains(&package["id"])).map(|package| one_crate(root, package)).collect()
}

fn one_crate(root: &Path, package: &serde_json::Value) -> Result<Crate> {
    let manifest = Path::new(package["manifest_path"].as_str().context("a package has no manifest")?);
    let directory = manifest.parent().context("a manifest has no directory")?;
    let directory = directory.strip_prefix(root).context("a crate lies outside the repository")?.to_path_buf();
    let dependencies = package["dependencies"].as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(Crate {
        name: text(&package["name"]),
        directory,
        dependencies: dependencies
            .iter()
            .map(|dependency| Dependency { name: text(&dependency["name"]), is_dev: dependency["kind"] == "dev" })
            .collect(),
    })
}

/// A JSON string, or nothing.
pub fn text(value: &serde_json::Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
