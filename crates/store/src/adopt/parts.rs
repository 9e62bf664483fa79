//! Files that a merge made together of the same ones: each has some of the datasets.

use super::Adopter;
use super::candidate::Candidate;
use super::contents::{self, Contents, Lineage, check_format, read_through};
use super::present::{Present, unread_beside};
use crate::catalog::FileRow;
use crate::file::DataFile;
use std::collections::BTreeSet;

impl Adopter {
    /// Decides of files that cannot be read and were merged into several ones, of which the candidate is one. They are replaced by the
    /// last of these that becomes visible; as long as one of them is nowhere to be found, what they held may be lost and nothing is.
    pub(super) async fn share(&self, mut present: Present, contents: &Contents, candidate: &Candidate) -> Result<Present, String> {
        let of = contents.lineage.part.1;
        for row in std::mem::take(&mut present.shared) {
            let mut parts = BTreeSet::from([contents.lineage.part.0]);
            self.visible_parts(contents, &row, &mut parts).await;
            if parts.len() as u64 == of {
                present.replaced.push(row.id);
                continue;
            }
            self.offered_parts(contents, candidate, &mut parts).await?;
            if parts.len() as u64 != of {
                return Err(unread_beside(&row));
            }
            present.shared.push(row);
        }
        Ok(present)
    }

    /// A footer tells which part a file is; one of whose rows a byte is damaged is no part that anybody could count on.
    async fn visible_parts(&self, contents: &Contents, made_of: &FileRow, parts: &mut BTreeSet<u64>) {
        // Its rows may all be of others of these files, so neither sequences nor times tell.
        let may_be =
            |row: &&FileRow| row.environment == made_of.environment && row.class == made_of.class && row.id != made_of.id && row.level > 0;
        for row in self.catalog.files.iter().filter(may_be) {
            let file = DataFile::new(row.clone(), self.context.clone());
            let Ok(lineage) = check_format(&file).await else { continue };
            if let Some(part) = part_beside(&lineage, contents).filter(|part| !parts.contains(part))
                && read_through(&file).await.is_ok()
            {
                parts.insert(part);
            }
        }
    }

    /// Of those that are another part, all bytes are read.
    async fn offered_parts(&self, contents: &Contents, candidate: &Candidate, parts: &mut BTreeSet<u64>) -> Result<(), String> {
        let others = self.candidates().await.map_err(|error| error.to_string())?;
        for other in others.iter().filter(|other| other.path != candidate.path && other.directory == candidate.directory) {
            let Ok(lineage) = contents::lineage(other, &self.context).await else { continue };
            if let Some(part) = part_beside(&lineage, contents).filter(|part| !parts.contains(part))
                && contents::read(other, &[], &self.context).await.is_ok()
            {
                parts.insert(part);
            }
        }
        Ok(())
    }
}

/// The number of a file's part, where both were made of the same by one merge.
fn part_beside(lineage: &Lineage, contents: &Contents) -> Option<u64> {
    let Lineage { replaces, part_of, part: (number, of) } = lineage;
    let is_beside = replaces.as_ref().or(part_of.as_ref()) == contents.lineage.replaces.as_ref() && *of == contents.lineage.part.1;
    is_beside.then_some(*number)
}
