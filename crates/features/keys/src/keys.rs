//! The table.

use crate::about::{About, Abouts};
use crate::digest::{self, Digest, Pepper};
use crate::error::KeyError;
use crate::mint;
use crate::spec::{KeySpec, Scope, SecretText};
use glasshive_base::Clock;
use glasshive_model::{EnvironmentId, Grant, KeyKind, KeyState, KeyTable};
use glasshive_store::catalog::{Catalog, EnvironmentRow, KeyRow};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// The setting of the data directory under which the pepper is kept.
const PEPPER: &str = "key-pepper";
/// Numbers of keys that are given on start begin here, far above those of the catalog; below 2^53, so that JSON holds them.
const GIVEN_IDS: u64 = 1 << 52;

/// All keys of the process.
pub struct Keys {
    catalog: Arc<dyn Catalog>,
    clock: Arc<dyn Clock>,
    pepper: Pepper,
    entries: RwLock<HashMap<Digest, Entry>>,
    /// Keys of AWS's kinds, by access key id.
    aws: RwLock<HashMap<String, AwsKey>>,
    environments: RwLock<BTreeMap<EnvironmentId, String>>,
    abouts: Abouts,
}

#[derive(Clone)]
struct Entry {
    grant: Grant,
    info: KeyInfo,
    /// When it was last found, ns since 1970; 0 = not since the start.
    used_ns: Arc<AtomicI64>,
}

/// A key that signs as AWS's do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsKey {
    /// What it may.
    pub grant: Grant,
    /// Checking a signature takes the secret itself; of a key of kind `aws-id` it is not known.
    pub secret: Option<SecretText>,
}

/// A key as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyInfo {
    /// Its number.
    pub id: u64,
    /// Its environment's slug; `*` = the whole team.
    pub environment: String,
    /// Its kind's word.
    pub kind: &'static str,
    /// First six and last four characters, or `***`.
    pub shown: String,
    /// Whether Honeycomb's classic rules hold.
    pub is_classic: bool,
    /// Origins of a browser key; empty = pages on loopback names.
    pub origins: Vec<String>,
    /// Whether it is switched off.
    pub disabled: bool,
    /// When it was made, or given, ns since 1970.
    pub created_ns: i64,
    /// When it was last presented since the start, ns since 1970.
    pub used_ns: Option<i64>,
    /// Where it comes from.
    pub origin: KeyOrigin,
}

/// Where a key comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyOrigin {
    /// Made here; kept in the catalog.
    Minted,
    /// Given on start; gone when it is not given again.
    Given,
}

/// A new key, with its secret, which is shown this once.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct MintedKey {
    /// The key.
    pub info: KeyInfo,
    /// The secret; of a management key `id:secret`.
    pub secret: String,
}

impl Keys {
    /// The keys of the catalog. Makes the pepper of a new data directory.
    ///
    /// # Errors
    /// When the catalog fails.
    pub async fn open(catalog: Arc<dyn Catalog>, clock: Arc<dyn Clock>) -> Result<Self, KeyError> {
        let pepper = Pepper::new(&catalog.setting_or_insert(PEPPER, mint::pepper()?).await?);
        let environments = catalog.load().await?.environments;
        let entries = catalog.keys().await?.into_iter().filter_map(|row| Entry::of_row(row, &environments)).collect();
        let environments = environments.into_iter().map(|environment| (environment.id, environment.slug)).collect();
        let abouts = Abouts::open(catalog.as_ref()).await?;
        Ok(Self {
            catalog,
            clock,
            pepper,
            entries: RwLock::new(entries),
            aws: RwLock::default(),
            environments: RwLock::new(environments),
            abouts,
        })
    }

    /// Takes a key that was given on start; creates its environment when it is new. Its secret is not kept, but
    /// that of a key of kind `aws` in memory.
    ///
    /// # Errors
    /// When the catalog fails.
    pub async fn give(&self, spec: &KeySpec) -> Result<KeyInfo, KeyError> {
        let (environment, slug) = self.resolve(&spec.scope).await?;
        let secret = spec.presented();
        let digest = self.pepper.digest(&secret);
        let is_classic = is_classic(spec.kind, &secret);
        // From the digest, so that records in the log name the same key after a restart.
        let number = digest.first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        let info = KeyInfo {
            id: GIVEN_IDS + number % GIVEN_IDS,
            environment: slug,
            kind: spec.kind.word(),
            shown: digest::shown(&secret),
            is_classic,
            origins: spec.origins.clone(),
            disabled: false,
            created_ns: self.clock.wall_ns(),
            used_ns: None,
            origin: KeyOrigin::Given,
        };
        let state = KeyState::Enabled;
        let grant = Grant { key_id: info.id, environment, kind: spec.kind, state, is_classic, origins: spec.origins.clone() };
        let aws = match spec.kind {
            KeyKind::Aws => spec.id.clone().map(|id| (id, Some(spec.secret.clone()))),
            KeyKind::AwsId => Some((spec.secret.0.clone(), None)),
            _ => None,
        };
        if let Some((id, secret)) = aws {
            let key = AwsKey { grant: grant.clone(), secret };
            self.aws.write().unwrap_or_else(PoisonError::into_inner).insert(id, key);
        }
        self.write().insert(digest, Entry { grant, info: info.clone(), used_ns: Arc::default() });
        Ok(info)
    }

    /// Mints a key for an environment, which is created when it is new, or for the team.
    ///
    /// # Errors
    /// [`KeyError::NotMinted`], [`KeyError::ManagementScope`], [`KeyError::Catalog`].
    pub async fn create(&self, scope: &Scope, kind: KeyKind, origins: Vec<String>) -> Result<MintedKey, KeyError> {
        if kind == KeyKind::Management && *scope != Scope::Team {
            return Err(KeyError::ManagementScope);
        }
        let secret = mint::secret(kind)?;
        let (environment, slug) = self.resolve(scope).await?;
        let digest = self.pepper.digest(&secret);
        let mut row = KeyRow {
            id: 0,
            environment,
            kind,
            digest: digest.to_vec(),
            shown: digest::shown(&secret),
            is_classic: false,
            origins,
            disabled: false,
            created_ns: self.clock.wall_ns(),
        };
        row.id = self.catalog.insert_key(row.clone()).await?;
        let entry = Entry::new(row, slug);
        let info = entry.info.clone();
        self.write().insert(digest, entry);
        Ok(MintedKey { info, secret })
    }

    /// The key of kind `aws` or `aws-id` with this access key id.
    pub fn find_aws(&self, id: &str) -> Option<AwsKey> {
        self.aws.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// Every key, minted ones first, in order of their numbers.
    pub fn list(&self) -> Vec<KeyInfo> {
        let mut all: Vec<KeyInfo> = self.read().values().map(Entry::info).collect();
        all.sort_by_key(|info| info.id);
        all
    }

    /// Whether a key of this number is known and not switched off.
    pub fn is_enabled(&self, id: u64) -> bool {
        self.read().values().any(|entry| entry.info.id == id && !entry.info.disabled)
    }

    /// Switches a minted key off or on, from the next request on.
    ///
    /// # Errors
    /// [`KeyError::Unknown`], [`KeyError::Given`], [`KeyError::Catalog`].
    pub async fn set_disabled(&self, id: u64, disabled: bool) -> Result<KeyInfo, KeyError> {
        let origin = self.read().values().find(|entry| entry.info.id == id).map(|entry| entry.info.origin);
        match origin {
            None => return Err(KeyError::Unknown { id }),
            Some(KeyOrigin::Given) => return Err(KeyError::Given { id }),
            Some(KeyOrigin::Minted) => {}
        }
        if !self.catalog.set_key_disabled(id, disabled).await? {
            return Err(KeyError::Unknown { id });
        }
        let mut entries = self.write();
        let entry = entries.values_mut().find(|entry| entry.info.id == id).ok_or(KeyError::Unknown { id })?;
        entry.info.disabled = disabled;
        entry.grant.state = state(disabled);
        Ok(entry.info())
    }

    /// Every environment and its slug, in order of their numbers.
    pub fn environments(&self) -> Vec<(EnvironmentId, String)> {
        let environments = self.environments.read().unwrap_or_else(PoisonError::into_inner);
        environments.iter().map(|(id, slug)| (*id, slug.clone())).collect()
    }

    /// What is said of an environment.
    pub fn about(&self, environment: EnvironmentId) -> About {
        self.abouts.of(environment)
    }

    /// Says it. Slug, data and keys stay what they are.
    ///
    /// # Errors
    /// [`KeyError::Name`], [`KeyError::Catalog`].
    pub async fn describe(&self, environment: EnvironmentId, about: About) -> Result<(), KeyError> {
        self.abouts.set(&self.catalog, self.clock.as_ref(), environment, about).await
    }

    /// Creates an environment, or returns the one of that slug.
    ///
    /// # Errors
    /// [`KeyError::Environment`], [`KeyError::Catalog`].
    pub async fn ensure_environment(&self, slug: &str) -> Result<EnvironmentId, KeyError> {
        let Scope::Environment(slug) = Scope::parse(slug)? else { return Err(KeyError::Environment { environment: slug.to_owned() }) };
        let id = self.catalog.ensure_environment(&slug).await?;
        self.environments.write().unwrap_or_else(PoisonError::into_inner).insert(id, slug);
        Ok(id)
    }

    async fn resolve(&self, scope: &Scope) -> Result<(Option<EnvironmentId>, String), KeyError> {
        match scope {
            Scope::Team => Ok((None, "*".to_owned())),
            Scope::Environment(slug) => Ok((Some(self.ensure_environment(slug).await?), slug.clone())),
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<Digest, Entry>> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<Digest, Entry>> {
        self.entries.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeyTable for Keys {
    /// Looked up by digest, which an attacker cannot choose: how long the look-up takes says nothing about the secret.
    fn find(&self, secret: &str) -> Option<Grant> {
        let digest = self.pepper.digest(secret);
        let entries = self.read();
        let (known, entry) = entries.get_key_value(&digest)?;
        digest::equal(known, &digest).then(|| {
            entry.used_ns.store(self.clock.wall_ns(), Ordering::Relaxed);
            entry.grant.clone()
        })
    }
}

impl Entry {
    /// The entry of a row; `None` when its digest is not one.
    fn of_row(row: KeyRow, environments: &[EnvironmentRow]) -> Option<(Digest, Self)> {
        let digest = Digest::try_from(row.digest.as_slice()).ok()?;
        let slug = row
            .environment
            .map(|id| environments.iter().find(|environment| environment.id == id).map_or_else(String::new, |found| found.slug.clone()));
        Some((digest, Self::new(row, slug.unwrap_or_else(|| "*".to_owned()))))
    }

    fn new(row: KeyRow, environment: String) -> Self {
        let grant = Grant {
            key_id: row.id,
            environment: row.environment,
            kind: row.kind,
            state: state(row.disabled),
            is_classic: row.is_classic,
            origins: row.origins.clone(),
        };
        let info = KeyInfo {
            id: row.id,
            environment,
            kind: row.kind.word(),
            shown: row.shown,
            is_classic: row.is_classic,
            origins: row.origins,
            disabled: row.disabled,
            created_ns: row.created_ns,
            used_ns: None,
            origin: KeyOrigin::Minted,
        };
        Self { grant, info, used_ns: Arc::default() }
    }

    fn info(&self) -> KeyInfo {
        let used_ns = Some(self.used_ns.load(Ordering::Relaxed)).filter(|used_ns| *used_ns != 0);
        KeyInfo { used_ns, ..self.info.clone() }
    }
}

fn state(disabled: bool) -> KeyState {
    if disabled { KeyState::Disabled } else { KeyState::Enabled }
}

fn is_classic(kind: KeyKind, secret: &str) -> bool {
    matches!(kind, KeyKind::Ingest | KeyKind::Configuration) && digest::is_classic(secret)
}

impl std::fmt::Debug for MintedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MintedKey").field("info", &self.info).field("secret", &"***").finish()
    }
}

#[cfg(test)]
mod tests;
