//! Tokens: whom they are for, and until when they lead anywhere. Pages: where they end.

use super::{Changes, Since};
use crate::auth::OwnerId;
use crate::db::Timestamp;
use crate::tasks::task::id::TaskId;
use crate::tasks::task::model::{NewTask, Task};
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

fn task(id: i64, seq: i64) -> Task {
    let id = TaskId::from_i64(id).unwrap();
    let owner = OwnerId::for_tests("alice");
    NewTask::for_tests("a").as_stored(&owner, (id, seq), Timestamp::from_micros(0))
}

/// Tasks and deletions are read one after the other. What was written in between must not end the page: a change
/// before it may be missing.
#[test]
fn a_page_never_goes_beyond_the_state_that_was_read_first() {
    let now = state(7, 12, 0);
    let since = after(state(7, 9, 0));
    let gone = |id| TaskId::from_i64(id).unwrap();
    let page = Changes::of(vec![task(1, 10)], vec![(12, gone(2)), (14, gone(3))], 5, since, now);
    assert_eq!((page.changed, page.deleted), (vec![task(1, 10)], vec![(12, gone(2))]));
    assert_eq!((page.next, page.more), (since.at(12), false));
    let page = Changes::of(vec![task(1, 13)], vec![(14, gone(3))], 5, since, now);
    assert_eq!((page.changed.len(), page.deleted.len(), page.next), (0, 0, since.at(12)));
}

#[test]
fn a_full_page_ends_with_its_last_write() {
    let now = state(7, 20, 0);
    let since = after(state(7, 9, 0));
    let gone = |id| TaskId::from_i64(id).unwrap();
    let rows = || (vec![task(1, 10), task(2, 13), task(4, 15)], vec![(11, gone(3)), (14, gone(5))]);
    for (limit, end, more) in [(1, 10, true), (2, 11, true), (4, 14, true), (5, 20, false)] {
        let (changed, deleted) = rows();
        let page = Changes::of(changed, deleted, limit, since, now);
        let shown = page.changed.len() + page.deleted.len();
        assert_eq!(
            (shown, page.next, page.more),
            (usize::try_from(limit).unwrap(), since.at(end), more)
        );
    }
}

#[test]
fn a_page_that_is_cut_goes_on_before_the_task_that_is_left_out() {
    let now = state(7, 20, 0);
    let since = after(state(7, 9, 0));
    let gone = |id| TaskId::from_i64(id).unwrap();
    let tasks = vec![task(1, 10), task(2, 13), task(4, 15)];
    let page = Changes::of(tasks, vec![(11, gone(3)), (14, gone(5))], 9, since, now);
    let mut cut = page.clone();
    cut.cut(1);
    assert_eq!((cut.changed, cut.deleted), (vec![task(1, 10)], vec![(11, gone(3))]));
    assert_eq!((cut.next, cut.more), (since.at(12), true));
    let mut whole = page.clone();
    whole.cut(3);
    assert_eq!(whole, page);
}
