//! Work on any number of rows, in steps of a bounded number, so that no other write waits long.

use super::DbError;

/// Whether a step that has done `rows` may have left some. `most` is how many one step does.
pub(crate) fn is_whole(rows: usize, most: i64) -> bool {
    i64::try_from(rows).is_ok_and(|rows| rows >= most)
}

/// Repeats a step until it does less than `most` rows, and returns how many rows all of them were.
///
/// # Errors
/// That of the step that failed. What was done stays done.
pub(crate) async fn repeat(
    most: i64,
    step: impl AsyncFn() -> Result<usize, DbError>,
) -> Result<usize, DbError> {
    let mut rows = 0;
    loop {
        let done = step().await?;
        rows += done;
        if !is_whole(done, most) {
            return Ok(rows);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[actix_rt::test]
    async fn a_whole_step_is_followed_by_another_one() {
        for (steps, rows, left) in [
            (vec![0, 9], 0, vec![9]),
            (vec![4, 9], 4, vec![9]),
            (vec![5, 0, 9], 5, vec![9]),
            (vec![5, 6, 1, 9], 12, vec![9]),
        ] {
            let steps = RefCell::new(steps);
            let done = repeat(5, async || Ok(steps.borrow_mut().remove(0))).await;
            assert_eq!((done.unwrap(), steps.into_inner()), (rows, left));
        }
    }
}
