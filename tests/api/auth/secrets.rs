//! Rotating the shared secret in the documented steps refuses no token: the API gets the new secret first, then
//! the web app signs with it, and the old one is removed last.

use rstest::rstest;

use super::{user_of, verifier_with};
use crate::support::TokenBuilder;
use crate::support::tokens::SECRET;

const NEW: &str = "the-secret-after-it-0123456789-0123456789-abcd";

/// A token from before the rotation, and one from after it, whose `kid` is the version of the secret.
fn tokens() -> [String; 2] {
    let valid = || TokenBuilder::valid("alice");
    [valid().build(), valid().secret(NEW).header("kid", "2").build()]
}

#[rstest]
#[case::before(Some(SECRET), "", [true, false])]
#[case::the_api_knows_both(Some(SECRET), "2:{NEW},1:{OLD}", [true, true])]
#[case::the_first_variable_still_has_the_old_one(Some(SECRET), "2:{NEW}", [true, true])]
#[case::the_list_alone_has_both(None, "2:{NEW},1:{OLD}", [true, true])]
#[case::the_order_of_the_list_makes_no_difference(None, "1:{OLD},2:{NEW}", [true, true])]
#[case::the_old_one_is_removed(None, "2:{NEW}", [false, true])]
fn both_secrets_are_accepted_during_the_rotation(
    #[case] secret: Option<&str>,
    #[case] list: &str,
    #[case] expected: [bool; 2],
) {
    let list = list.replace("{NEW}", NEW).replace("{OLD}", SECRET);
    let verifier = verifier_with(&[
        ("BETTER_AUTH_SECRET", secret.unwrap_or_default()),
        ("BETTER_AUTH_SECRETS", &list),
    ]);
    let accepted = tokens().map(|token| user_of(&verifier, &token).is_ok());
    assert_eq!(accepted, expected);
    let forged = TokenBuilder::valid("alice").secret("another").header("kid", "2").build();
    assert!(user_of(&verifier, &forged).is_err());
}
