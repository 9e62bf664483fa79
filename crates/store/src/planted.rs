//! Defects on purpose, to prove that the simulation would find them. Without the feature `planted-bugs` none can be chosen
//! and every question is answered `false` at compile time.

/// One way in which the store could be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(not(feature = "planted-bugs"), allow(dead_code))]
pub enum PlantedBug {
    /// A group is answered after its write, before its sync.
    AckBeforeSync,
    /// A failed sync of the log counts as success.
    FailedSyncIgnored,
    /// A failed sync is repeated on the same file, and the second success is believed.
    SyncRetriedOnSameFile,
    /// The log's directory is not synced after a segment got its name.
    LogDirectoryNotSynced,
    /// The directory of a data file is not synced after the rename.
    FileDirectoryNotSynced,
    /// A data file is renamed and committed without a sync of its bytes.
    FileNotSynced,
    /// `flushed_through` is committed before the files are written.
    FlushedThroughBeforeFiles,
    /// Segments are freed once their rows are in files, before the catalog has committed these.
    LogFreedEarly,
    /// Every segment has the generation 1 as its checksum's seed, so that records of a former life validate.
    ReusedCrcSeed,
    /// A damaged group below the last one ends the log as if it were a torn tail.
    DamageTreatedAsTail,
    /// A torn group counts: its whole records are kept, and sequences go on after those it claims.
    TornTailTreatedAsValid,
    /// Requests known before a restart are forgotten.
    WindowLostOnRestart,
    /// A request equal to one in flight is stored again.
    WindowIgnoresInFlight,
    /// Column numbers are drawn in reverse order at replay.
    RegistryOrderNotReplayed,
    /// Live chunks go away before the files that replace them are visible.
    ChunkDroppedBeforeFileVisible,
    /// Files become visible before the live chunks they replace are gone.
    FileVisibleBesideChunk,
    /// The cut's end is read after its rows are taken, so that later rows count as flushed.
    CutEndReadLate,
    /// After recovery the accepted last group is not written again, although nobody knows that it was synced.
    TailNotRewritten,
    /// An uncertain commit counts as done.
    UncertainCommitBelieved,
    /// The block checksums of a data file are not compared.
    ChecksumNotCompared,
    /// The files that a merge reads are removed before the catalog has swapped them.
    MergeInputsDeletedFirst,
    /// A merged file is renamed and committed without a sync of its bytes.
    MergeOutputNotSynced,
    /// One of the files that a merge read stays visible beside the merged one.
    MergeForgetsAnInput,
    /// An uncertain swap counts as done.
    UncertainSwapBelieved,
    /// Replaced files are removed at once, although somebody may be reading them.
    SnapshotFileDeleted,
    /// Rows go by the time they are of, not by the time they were received.
    RetentionByEventTime,
    /// A swap's new files become visible before its old ones are gone.
    SwapSeenTwice,
    /// A deletion does not wait for what is live.
    DeletionSkipsLive,
    /// A deletion that is not done when the process ends is not gone on with.
    DeletionForgottenAtStart,
    /// An adoption does not ask which rows somebody had deleted.
    AdoptionForgetsDeletions,
    /// An adoption takes in rows that are in visible files.
    AdoptionIgnoresFiles,
    /// The index of traces tells of all rows but the last.
    TraceIndexTellsTooFew,
    /// Looking over the directory leaves the indexes of traces aside.
    VerifyBelievesTraceIndex,
}

impl PlantedBug {
    /// Every one.
    pub const ALL: &'static [PlantedBug] = &[
        PlantedBug::AckBeforeSync,
        PlantedBug::FailedSyncIgnored,
        PlantedBug::SyncRetriedOnSameFile,
        PlantedBug::LogDirectoryNotSynced,
        PlantedBug::FileDirectoryNotSynced,
        PlantedBug::FileNotSynced,
        PlantedBug::FlushedThroughBeforeFiles,
        PlantedBug::LogFreedEarly,
        PlantedBug::ReusedCrcSeed,
        PlantedBug::DamageTreatedAsTail,
        PlantedBug::TornTailTreatedAsValid,
        PlantedBug::WindowLostOnRestart,
        PlantedBug::WindowIgnoresInFlight,
        PlantedBug::RegistryOrderNotReplayed,
        PlantedBug::ChunkDroppedBeforeFileVisible,
        PlantedBug::FileVisibleBesideChunk,
        PlantedBug::CutEndReadLate,
        PlantedBug::TailNotRewritten,
        PlantedBug::UncertainCommitBelieved,
        PlantedBug::ChecksumNotCompared,
        PlantedBug::MergeInputsDeletedFirst,
        PlantedBug::MergeOutputNotSynced,
        PlantedBug::MergeForgetsAnInput,
        PlantedBug::UncertainSwapBelieved,
        PlantedBug::SnapshotFileDeleted,
        PlantedBug::RetentionByEventTime,
        PlantedBug::SwapSeenTwice,
        PlantedBug::DeletionSkipsLive,
        PlantedBug::DeletionForgottenAtStart,
        PlantedBug::AdoptionForgetsDeletions,
        PlantedBug::AdoptionIgnoresFiles,
        PlantedBug::TraceIndexTellsTooFew,
        PlantedBug::VerifyBelievesTraceIndex,
    ];
}
