//! Tokens: whom they are for, and until when they lead anywhere.

use super::Since;
use crate::tasks::task::owner_state::OwnerState;

fn state(epoch: i64, seq: i64, purged_seq: i64) -> OwnerState {
    OwnerState { epoch, seq, purged_seq }
}

/// The place that a client has come to that read everything at this state.
fn after(state: OwnerState) -> Since {
    Since::default().within(state).unwrap().at(state.seq)
}

#[test]
fn a_token_is_read_back_by_its_user_alone() {
    let since = after(state(7, 12, 3));
    let token = since.token("alice");
    assert_eq!(Since::parse(&token, "alice"), Some(since));
    assert_eq!(Since::parse(&token, "mallory"), None);
    let cut = &token[..token.len() - 1];
    let longer = format!("{token}A");
    for text in ["", "x", "12", cut, &longer, &token.replace(&token[..1], "-")] {
        assert_eq!(Since::parse(text, "alice"), None, "{text}");
    }
}

#[test]
fn a_token_leads_on_within_its_epoch_and_as_far_back_as_deletions_are_known() {
    let since = after(state(7, 12, 0));
    for (now, leads_on) in [
        (state(7, 12, 0), true),
        (state(7, 13, 12), true),
        (state(7, 20, 13), false),
        (state(7, 11, 0), false),
        (state(8, 12, 0), false),
        (OwnerState::default(), false),
    ] {
        assert_eq!(since.within(now).is_some(), leads_on, "{now:?}");
    }
}

#[test]
fn who_has_nothing_can_always_begin() {
    let nothing = after(OwnerState::default());
    for now in [OwnerState::default(), state(7, 1, 0), state(7, 20, 20)] {
        let since = nothing.within(now).unwrap();
        assert_eq!(
            (since.seq, since.deletions_above()),
            (0, now.seq),
            "all of it, but what is gone"
        );
    }
}
