use super::*;

const CHEAP: HashCost = HashCost { memory_kib: 64, passes: 1 };
const GOOD: &str = "trombone-cactus-lid";

#[test]
fn s13_the_default_costs_at_least_what_it_must() {
    let HashCost { memory_kib, passes } = HashCost::default();
    assert!(memory_kib >= 19 << 10 && passes >= 2, "OWASP's least for argon2id");
}

#[test]
fn s13_the_hash_is_argon2id() {
    // A vector of the reference implementation's own tests: -id -v 13 -t 2 -m 8 -p 1, without a secret.
    let cost = HashCost { memory_kib: 256, passes: 2 };
    let hash = argon2id("password", cost, b"somesalt", b"").unwrap();
    assert_eq!(crate::secret::hex(&hash), "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe");
    assert_ne!(hash, argon2id("password", cost, b"somesalt", b"pepper").unwrap(), "the pepper counts");
}

#[test]
fn s13_lengths() {
    for (password, taken) in [("short-words", false), (GOOD, true), (&"x#9k-".repeat(25), true), (&"x#9k-".repeat(26), false)] {
        assert_eq!(check(password, "andrew").is_ok(), taken, "{password}");
    }
}

#[tokio::test]
async fn s13_hashed_with_salt_and_pepper_and_known_again() {
    let hasher = Hasher::new(CHEAP, b"pepper");
    let (one, other) = (hasher.hash(GOOD).await.unwrap(), hasher.hash(GOOD).await.unwrap());
    assert!(one.salt != other.salt && one.hash != other.hash);
    assert!(hasher.verify(GOOD, Some(&one)).await.unwrap());
    assert!(!hasher.verify("trombone-cactus-lod", Some(&one)).await.unwrap());
    assert!(!hasher.verify(GOOD, None).await.unwrap());
    assert!(!Hasher::new(CHEAP, b"other").verify(GOOD, Some(&one)).await.unwrap());
    assert!(!hasher.is_outdated(&one));
    let dearer = Hasher::new(HashCost { passes: 2, ..CHEAP }, b"pepper");
    assert!(dearer.is_outdated(&one) && dearer.verify(GOOD, Some(&one)).await.unwrap());
}

#[tokio::test]
async fn s13_one_text_in_two_spellings_is_one_password() {
    let hasher = Hasher::new(CHEAP, b"pepper");
    let kept = hasher.hash("caf\u{e9} au lait noir").await.unwrap();
    assert!(hasher.verify("cafe\u{301} au lait noir", Some(&kept)).await.unwrap());
}

#[tokio::test]
async fn s13_a_flood_is_refused_and_takes_no_more_than_four() {
    let hasher = Arc::new(Hasher::new(CHEAP, b"pepper"));
    // Nobody is served while the permits are out.
    let held = hasher.permits.clone().acquire_many_owned(HASHING_MAX as u32).await.unwrap();
    let mut waiting = Vec::new();
    for _ in 0..HASHING_MAX + WAITING_MAX {
        let hasher = hasher.clone();
        waiting.push(tokio::spawn(async move { hasher.hash(GOOD).await }));
    }
    tokio::task::yield_now().await;
    assert!(matches!(hasher.hash(GOOD).await, Err(AccountError::Busy)));
    drop(held);
    for hashing in waiting {
        assert!(hashing.await.unwrap().is_ok());
    }
    assert!(hasher.hash(GOOD).await.is_ok(), "places are given back");
}
