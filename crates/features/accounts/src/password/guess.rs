//! Which passwords are easy to guess.

/// What people put into passwords first; a password is judged by what it has besides these. Longer ones stand before their parts.
const COMMON: &[&str] = &[
    "administrator",
    "glasshive",
    "honeycomb",
    "passphrase",
    "password",
    "passwort",
    "motdepasse",
    "contrasena",
    "iloveyou",
    "princess",
    "sunshine",
    "football",
    "baseball",
    "superman",
    "starwars",
    "whatever",
    "changeme",
    "trustno",
    "letmein",
    "welcome",
    "willkommen",
    "default",
    "service",
    "computer",
    "internet",
    "michael",
    "jennifer",
    "charlie",
    "freedom",
    "shadow",
    "master",
    "dragon",
    "monkey",
    "killer",
    "hunter",
    "summer",
    "winter",
    "spring",
    "autumn",
    "monday",
    "friday",
    "secret",
    "server",
    "system",
    "access",
    "batman",
    "tigger",
    "cookie",
    "pepper",
    "ginger",
    "google",
    "qwertyuiop",
    "qwertzuiop",
    "asdfghjkl",
    "zxcvbnm",
    "yxcvbnm",
    "qwerty",
    "qwertz",
    "azerty",
    "asdfgh",
    "zxcvbn",
    "qazwsx",
    "1q2w3e4r5t",
    "1q2w3e4r",
    "1q2w3e",
    "admin",
    "hello",
    "login",
    "guest",
    "user",
    "root",
    "test",
    "pass",
    "demo",
    "love",
    "asdf",
    "qwer",
    "abcd",
    "abc",
];
/// Different characters, not in a row, that must be left.
const FRESH_MIN: usize = 5;

/// Whether little is left of a password without common words, the name, and characters that repeat or follow each other.
pub(super) fn is_easy(password: &str, name: &str) -> bool {
    let mut rest = plain(password);
    let parts = name.split(|character: char| !character.is_alphanumeric()).filter(|part| part.len() >= 3).map(plain);
    for word in parts.chain(COMMON.iter().map(|word| plain(word))) {
        rest = rest.replace(&word, "\u{0}");
    }
    let mut fresh = Vec::new();
    let mut before = '\u{0}';
    for character in rest.chars().filter(|character| *character != '\u{0}') {
        let follows = u32::from(character).abs_diff(u32::from(before)) <= 1;
        if !follows && !fresh.contains(&character) {
            fresh.push(character);
        }
        before = character;
    }
    fresh.len() < FRESH_MIN
}

/// Lower case, with digits and signs that stand for letters written as those.
fn plain(text: &str) -> String {
    let letter = |character| match character {
        '0' => 'o',
        '@' => 'a',
        '$' => 's',
        '3' => 'e',
        '!' => 'i',
        other => other,
    };
    // A digit among digits is one.
    let characters: Vec<char> = text.to_lowercase().chars().collect();
    let is_digit = |at: Option<&char>| at.is_some_and(char::is_ascii_digit);
    let near = |at: usize| is_digit(characters.get(at + 1)) || at.checked_sub(1).is_some_and(|at| is_digit(characters.get(at)));
    characters
        .iter()
        .enumerate()
        .map(|(at, character)| if character.is_ascii_digit() && near(at) { *character } else { letter(*character) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::is_easy;

    #[test]
    fn s13_what_is_easy_to_guess() {
        for easy in [
            "aaaaaaaaaaaaaaaa",
            "123456789012",
            "Password1234",
            "P@ssw0rd!!!!",
            "passwordpassword",
            "glasshive2026",
            "andrew-andrew-1",
            "qwertyuiop123",
            "abcdefghijkl",
            "1q2w3e4r5t6y",
            "Welcome12345",
            "letmein-letmein",
            "AdminAdmin12",
            "changeme1234",
        ] {
            assert!(is_easy(easy, "andrew@example.com"), "{easy}");
        }
        for good in ["correct horse battery staple", "vK9#mPq2xT7w", "trombone-cactus-lid", "пять синих слонов", "9f4c2b7e1a60d853"]
        {
            assert!(!is_easy(good, "andrew@example.com"), "{good}");
        }
    }
}
