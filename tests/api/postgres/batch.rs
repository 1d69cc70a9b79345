//! Writes of several users at once, which share transactions: each is done once, as if it were alone, for
//! its user and no other, and one that fails takes nothing of its neighbours along.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use rstest::rstest;
use serde_json::{Value, json};

use super::own_connections::{
    CALLERS, Stopped, WRITES, caller, spawn_with_write_connections, users, workers,
};
use crate::support::client::{new_task, tasks_of};
use crate::support::database::{assert_owners_agree, execute, insert_tasks, number};
use crate::support::postgres::connect;
use crate::support::{Answer, TestApp};

/// What each user gets when all send a request at the same time, while the connections for writes are silent.
fn together<T: Send>(url: &str, ask: impl Fn(&str) -> T + Sync) -> Vec<T> {
    of_these_together(url, &users(), ask)
}

/// The same of these users, in this order; one of them may stand there several times.
fn of_these_together<T: Send>(
    url: &str,
    users: &[String],
    ask: impl Fn(&str) -> T + Sync,
) -> Vec<T> {
    let stopped = Stopped::new(url, WRITES);
    thread::scope(|scope| {
        let ask = &ask;
        let mut asked = Vec::new();
        for user in users {
            asked.push(scope.spawn(move || ask(user)));
            thread::sleep(Duration::from_millis(4));
        }
        // Long enough for all requests to arrive, and too short for a write to go another way.
        thread::sleep(Duration::from_millis(250));
        drop(stopped);
        asked.into_iter().map(|asked| asked.join().unwrap()).collect()
    })
}

/// Of each worker the first write was sent alone, and those that arrived after it in a batch. Some may
/// have come late.
fn assert_batched(url: &str) {
    let transactions = number(
        url,
        "SELECT count(DISTINCT xmin::TEXT) AS number FROM tasks WHERE user_id LIKE 'user%'",
    );
    let most = (2 * workers()).max(i64::try_from(CALLERS / 2).unwrap());
    assert!((1..=most).contains(&transactions), "{transactions} transactions");
}

fn number_in_tag(answer: &Answer) -> i64 {
    answer.header("etag").unwrap_or_default().trim_matches('"').parse().unwrap()
}

fn only_task(app: &TestApp, user: &str) -> Value {
    let tasks = caller(app.address, user).get(&tasks_of(user)).expect(200).json();
    let [task] = tasks.as_array().unwrap().as_slice() else { panic!("{user}: {tasks}") };
    task.clone()
}

#[test]
fn tasks_made_together_share_transactions_and_each_is_its_owner_s() {
    let app = spawn_with_write_connections(&[]);
    let made = together(&app.database_url, |user| {
        let body = json!({"title": user, "description": null, "tags": [user], "completed": true});
        let answer = caller(app.address, user).post(&tasks_of(user), &body).expect(201);
        (answer.header("location").map(str::to_owned), answer.json())
    });
    for (user, (location, task)) in users().iter().zip(made) {
        assert_eq!(only_task(&app, user), task);
        assert_eq!(
            (task["user_id"].as_str(), task["title"].as_str()),
            (Some(user.as_str()), Some(user.as_str()))
        );
        assert_eq!(location, Some(format!("{}/{}", tasks_of(user), task["id"])));
        let tagged = format!("{}?tag={user}", tasks_of(user));
        assert_eq!(caller(app.address, user).get(&tagged).expect(200).json(), json!([task]));
    }
    assert_batched(&app.database_url);
}

#[rstest]
#[case::with_room_for_all("10000", CALLERS)]
#[case::with_room_for_some("5", 5)]
fn of_one_user_several_are_made_together_in_one_order(#[case] limit: &str, #[case] room: usize) {
    let app = spawn_with_write_connections(&[("MAX_TASKS_PER_USER", limit)]);
    // The others come first, so that none of alice's is the write that each worker sends alone.
    let users = [users(), vec!["alice".to_owned(); CALLERS]].concat();
    let mut answers = of_these_together(&app.database_url, &users, |user| {
        caller(app.address, user).post(&tasks_of(user), &json!({"title": user}))
    });
    let (made, refused): (Vec<_>, Vec<_>) =
        answers.split_off(CALLERS).into_iter().partition(|answer| answer.status == 201);
    answers.into_iter().for_each(|answer| drop(answer.expect(201)));
    assert_eq!(made.len(), room);
    refused.iter().for_each(|answer| assert_eq!(answer.code(), "task_limit_reached"));
    let mut made: Vec<(i64, Option<i64>)> =
        made.iter().map(|made| (number_in_tag(made), made.json()["id"].as_i64())).collect();
    made.sort_unstable();
    assert!(made.is_sorted_by(|a, b| a.1 < b.1), "ids grow with the numbers: {made:?}");
    let numbers = made.iter().map(|(number, _)| *number);
    assert!(numbers.eq(1..=i64::try_from(room).unwrap()), "{made:?}");
    assert_owners_agree(&app.database_url);
}

#[test]
fn every_member_is_stored_as_it_was_given() {
    let app = spawn_with_write_connections(&[]);
    let client = caller(app.address, "alice");
    for body in [
        json!({"title": "Only \"this\" {a,b} \\ NULL, 🦀"}),
        json!({
            "title": "All", "description": "", "completed": true, "priority": "high",
            "tags": ["{", "\"", "\\", "NULL"], "due_date": "2030-01-02T03:04:05.678901Z"
        }),
        json!({"title": "Low", "description": "NULL", "priority": "low", "due_date": null}),
    ] {
        let made = client.post(&tasks_of("alice"), &body).expect(201).json();
        for (member, value) in body.as_object().unwrap() {
            assert_eq!(&made[member], value);
        }
        let path = format!("{}/{}", tasks_of("alice"), made["id"]);
        assert_eq!(client.get(&path).expect(200).json(), made);
    }
}

#[test]
fn tasks_completed_together_share_transactions_and_each_is_its_owner_s() {
    let app = spawn_with_write_connections(&[]);
    for user in users() {
        insert_tasks(&app.database_url, &user, 2, 1);
    }
    // An even number sets, an odd one flips.
    let body = |user: &str| {
        let number: usize = user.trim_start_matches("user").parse().unwrap();
        number.is_multiple_of(2).then(|| json!({"completed": number.is_multiple_of(4)}))
    };
    let written = together(&app.database_url, |user| {
        let path = format!("{}/2/complete", tasks_of(user));
        let body = body(user).map(|body| body.to_string().into_bytes());
        caller(app.address, user).send("PATCH", &path, body.as_deref()).expect(200).json()
    });
    for (user, task) in users().iter().zip(written) {
        let wanted = body(user).is_none_or(|body| body["completed"] == true);
        assert_eq!((task["user_id"].as_str(), &task["id"]), (Some(user.as_str()), &json!(2)));
        assert_eq!(task["completed"], wanted, "{user}");
        let path = |id: i64| format!("{}/{id}", tasks_of(user));
        let read = caller(app.address, user).get(&path(2)).expect(200);
        assert_eq!((read.header("etag"), read.json()), (Some("\"3\""), task));
        assert_eq!(
            caller(app.address, user).get(&path(1)).expect(200).header("etag"),
            Some("\"1\"")
        );
    }
    execute(&app.database_url, "DELETE FROM tasks WHERE id = 1");
    assert_batched(&app.database_url);
}

#[test]
fn new_tasks_and_completions_at_once_are_all_done() {
    let app = spawn_with_write_connections(&[]);
    let url = &app.database_url;
    let makes = |user: &str| user.ends_with(['0', '2', '4', '6', '8']);
    for user in users().iter().filter(|user| !makes(user)) {
        insert_tasks(url, user, 1, 1);
    }
    let written = together(url, |user| {
        let client = caller(app.address, user);
        let answer = if makes(user) {
            client.post(&tasks_of(user), &json!({"title": user})).expect(201)
        } else {
            client.send("PATCH", &format!("{}/1/complete", tasks_of(user)), None).expect(200)
        };
        (answer.header("etag").map(str::to_owned), answer.json())
    });
    for (user, (etag, task)) in users().iter().zip(written) {
        let number = if makes(user) { "\"1\"" } else { "\"2\"" };
        assert_eq!(etag.as_deref(), Some(number));
        assert_eq!(task["completed"], !makes(user));
        assert_eq!(only_task(&app, user), task);
    }
    assert_owners_agree(url);
}

#[test]
fn one_that_fails_takes_nothing_of_its_neighbours_along() {
    let app = spawn_with_write_connections(&[]);
    execute(
        &app.database_url,
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'as the test wants it'; END $$;
         CREATE TRIGGER refuse BEFORE INSERT ON tasks FOR EACH ROW WHEN (NEW.user_id = 'user7') EXECUTE FUNCTION refuse()",
    );
    let made = together(&app.database_url, |user| {
        caller(app.address, user).post(&tasks_of(user), &json!({"title": user}))
    });
    for (user, answer) in users().iter().zip(made) {
        if user == "user7" {
            assert!(!answer.expect(500).text().contains("as the test"));
        } else {
            assert_eq!(only_task(&app, user), answer.expect(201).json());
        }
    }
    assert_owners_agree(&app.database_url);
}

#[test]
fn no_user_waits_for_a_task_that_another_user_is_writing() {
    let app = spawn_with_write_connections(&[]);
    let url = &app.database_url;
    for user in users() {
        insert_tasks(url, &user, 1, 1);
    }
    let complete = |user: &str| {
        let path = format!("{}/1/complete", tasks_of(user));
        caller(app.address, user).send("PATCH", &path, None).expect(200).json()
    };
    let mut other = connect(url).unwrap();
    other
        .batch_execute(
            "BEGIN; UPDATE owners SET seq = seq + 1 WHERE user_id = 'user0'; \
             UPDATE tasks SET completed = TRUE, seq = seq + 1 WHERE user_id = 'user0'",
        )
        .unwrap();
    thread::scope(|scope| {
        let held: Vec<_> = (0..2).map(|_| scope.spawn(|| complete("user0"))).collect();
        let started = Instant::now();
        for user in &users()[1..] {
            assert_eq!(complete(user)["completed"], true);
        }
        let took = started.elapsed();
        let waiting = held.iter().filter(|held| !held.is_finished()).count();
        other.batch_execute("COMMIT").unwrap();
        assert_eq!(waiting, 2);
        assert!(took < Duration::from_millis(900), "{took:?}");
        let answers: BTreeSet<bool> = held
            .into_iter()
            .map(|held| held.join().unwrap()["completed"].as_bool().unwrap())
            .collect();
        assert_eq!(answers, BTreeSet::from([true, false]));
    });
}

#[test]
fn no_flip_is_lost_and_none_counts_twice() {
    const EACH: usize = 10;
    let app = spawn_with_write_connections(&[]);
    insert_tasks(&app.database_url, "alice", 1, 1);
    let mut flips: Vec<(i64, bool)> = thread::scope(|scope| {
        let flip = || {
            let client = caller(app.address, "alice");
            let flips = (0..EACH).map(|_| {
                let flip = client.send("PATCH", "/api/alice/tasks/1/complete", None).expect(200);
                (number_in_tag(&flip), flip.json()["completed"] == true)
            });
            flips.collect::<Vec<_>>()
        };
        let flipping: Vec<_> = (0..CALLERS).map(|_| scope.spawn(flip)).collect();
        flipping.into_iter().flat_map(|flipping| flipping.join().unwrap()).collect()
    });
    flips.sort_unstable();
    assert!(flips.is_sorted_by(|a, b| a.0 < b.0), "{flips:?}");
    assert!(flips.iter().enumerate().all(|(n, (_, completed))| *completed == (n % 2 == 0)));
    let task = caller(app.address, "alice").get("/api/alice/tasks/1").expect(200);
    assert_eq!(number_in_tag(&task), flips[flips.len() - 1].0);
    assert_eq!(task.json()["completed"], false);
    assert_owners_agree(&app.database_url);
}

#[test]
fn another_user_s_task_is_as_absent_as_one_that_never_was() {
    let app = spawn_with_write_connections(&[]);
    let path = new_task(&caller(app.address, "bob"), "bob", "Mine");
    let id = path.rsplit('/').next().unwrap();
    for id in [id, "1"] {
        for body in [None, Some(br#"{"completed": true}"#.as_slice())] {
            let path = format!("/api/alice/tasks/{id}/complete");
            caller(app.address, "alice").send("PATCH", &path, body).expect(404);
        }
    }
    let task = caller(app.address, "bob").get(&path).expect(200);
    assert_eq!(
        (task.header("etag"), task.json()["completed"].as_bool()),
        (Some("\"1\""), Some(false))
    );
}
