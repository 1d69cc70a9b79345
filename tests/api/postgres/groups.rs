//! Writes of several users in one statement: each is done once, as if it were alone, for its user and nobody
//! else, and what becomes of one is nobody else's failure.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use serde_json::{Value, json};

use super::own_connections::{
    CALLERS, Over, Stopped, Until, WRITES, caller, connections, end, wait_for, workers,
};
use crate::support::client::{new_task, tasks_of};
use crate::support::database::{execute, insert_tasks, number};
use crate::support::{Backend, TestApp};

/// A server in which every worker writes through a connection of its own.
fn spawn() -> TestApp {
    let enough = (3 * workers() + 4).to_string();
    let variables = [("DATABASE_MAX_CONNECTIONS", enough.as_str())];
    let app = TestApp::spawn_with(Backend::Postgres, &variables);
    wait_for_groups(&app);
    app
}

fn wait_for_groups(app: &TestApp) {
    wait_for(&app.database_url, workers(), WRITES, || {
        caller(app.address, "anybody")
            .post(&tasks_of("anybody"), &json!({"title": "-"}))
            .expect(201);
    });
}

fn users() -> Vec<String> {
    (0..CALLERS).map(|number| format!("user{number}")).collect()
}

/// What each user gets who asks at the same time as all others, while nobody can write.
fn together<T: Send>(url: &str, ask: impl Fn(&str) -> T + Sync) -> Vec<T> {
    let mut other = PgConnection::establish(url).unwrap();
    other.batch_execute("BEGIN; LOCK TABLE tasks IN SHARE MODE").unwrap();
    let users = users();
    thread::scope(|scope| {
        let ask = &ask;
        let asked: Vec<_> = users.iter().map(|user| scope.spawn(move || ask(user))).collect();
        let started = Instant::now();
        while connections(url, &format!("{WRITES} AND wait_event_type = 'Lock'")) < workers() {
            assert!(started.elapsed() < Duration::from_secs(5), "no group waits");
        }
        thread::sleep(Duration::from_millis(200));
        other.batch_execute("COMMIT").unwrap();
        asked.into_iter().map(|asked| asked.join().unwrap()).collect()
    })
}

/// Of each worker the first that came was a group, and all that came then. Some may have come late.
fn assert_grouped(url: &str) {
    let transactions = number(
        url,
        "SELECT count(DISTINCT xmin::TEXT) AS number FROM tasks WHERE user_id LIKE 'user%'",
    );
    let most = (2 * workers()).max(i64::try_from(CALLERS / 2).unwrap());
    assert!((1..=most).contains(&transactions), "{transactions} transactions");
}

fn only_task(app: &TestApp, user: &str) -> Value {
    let tasks = caller(app.address, user).get(&tasks_of(user)).expect(200).json();
    let [task] = tasks.as_array().unwrap().as_slice() else { panic!("{user}: {tasks}") };
    task.clone()
}

#[test]
fn tasks_made_together_are_stored_in_one_transaction_each_for_its_owner() {
    let app = spawn();
    let made = together(&app.database_url, |user| {
        let body = json!({"title": user, "description": null, "tags": [user], "completed": true});
        let answer = caller(app.address, user).post(&tasks_of(user), &body).expect(201);
        (answer.header("location").map(str::to_owned), answer.json())
    });
    let mut ids = BTreeSet::new();
    for (user, (location, task)) in users().iter().zip(made) {
        assert_eq!(only_task(&app, user), task);
        assert_eq!(
            (task["user_id"].as_str(), task["title"].as_str()),
            (Some(user.as_str()), Some(user.as_str()))
        );
        assert_eq!(location, Some(format!("{}/{}", tasks_of(user), task["id"])));
        let tagged = format!("{}?tag={user}", tasks_of(user));
        assert_eq!(caller(app.address, user).get(&tagged).expect(200).json(), json!([task]));
        ids.insert(task["id"].as_i64());
    }
    assert_eq!(ids.len(), CALLERS);
    assert_grouped(&app.database_url);
}

#[test]
fn every_member_is_stored_as_it_was_given() {
    let app = spawn();
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
fn tasks_completed_together_are_written_in_one_transaction_each_for_its_owner() {
    let app = spawn();
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
        assert_eq!((read.header("etag"), read.json()), (Some("\"2\""), task));
        assert_eq!(
            caller(app.address, user).get(&path(1)).expect(200).header("etag"),
            Some("\"1\"")
        );
    }
    execute(&app.database_url, "DELETE FROM tasks WHERE id = 1");
    assert_grouped(&app.database_url);
}

#[test]
fn new_tasks_and_completions_share_a_transaction() {
    let app = spawn();
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
        let version = if makes(user) { "\"1\"" } else { "\"2\"" };
        assert_eq!(etag.as_deref(), Some(version));
        assert_eq!(task["completed"], !makes(user));
        assert_eq!(only_task(&app, user), task);
    }
    let of_both = number(
        url,
        "SELECT count(*) AS number FROM (SELECT xmin::TEXT FROM tasks WHERE user_id LIKE 'user%' \
         GROUP BY xmin::TEXT HAVING min(version) = 1 AND max(version) = 2) AS transactions",
    );
    assert!(of_both > 0);
    assert_grouped(url);
}

#[test]
fn one_that_fails_takes_nothing_of_its_neighbours_along() {
    let app = spawn();
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
}

#[test]
fn nobody_waits_for_a_task_that_somebody_else_is_writing() {
    let app = spawn();
    let url = &app.database_url;
    for user in users() {
        insert_tasks(url, &user, 1, 1);
    }
    let complete = |user: &str| {
        let path = format!("{}/1/complete", tasks_of(user));
        caller(app.address, user).send("PATCH", &path, None).expect(200).json()
    };
    let mut other = PgConnection::establish(url).unwrap();
    other
        .batch_execute("BEGIN; UPDATE tasks SET completed = TRUE WHERE user_id = 'user0'")
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
    let app = spawn();
    insert_tasks(&app.database_url, "alice", 1, 1);
    thread::scope(|scope| {
        for _ in 0..CALLERS {
            scope.spawn(|| {
                let client = caller(app.address, "alice");
                for _ in 0..EACH {
                    client.send("PATCH", "/api/alice/tasks/1/complete", None).expect(200);
                }
            });
        }
    });
    let task = caller(app.address, "alice").get("/api/alice/tasks/1").expect(200);
    assert_eq!(task.header("etag"), Some(format!("\"{}\"", 1 + CALLERS * EACH).as_str()));
    assert_eq!(task.json()["completed"], false);
}

#[test]
fn somebody_elses_task_is_as_absent_as_one_that_never_was() {
    let app = spawn();
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

/// Makes tasks until it is over, and gives the ids of those that were acknowledged.
fn make_tasks(address: SocketAddr, user: &str, over: &Over) -> Vec<i64> {
    let client = caller(address, user);
    let mut acknowledged = Vec::new();
    while !over.is_over() {
        let answer = client.post(&tasks_of(user), &json!({"title": "Counted"}));
        match answer.status {
            201 => acknowledged.push(answer.json()["id"].as_i64().unwrap()),
            _ => drop(answer.expect(503)),
        }
    }
    acknowledged
}

#[test]
fn what_was_acknowledged_is_stored_though_the_connections_end() {
    let app = spawn();
    let url = &app.database_url;
    let over = Over::default();
    let users = users();
    thread::scope(|scope| {
        let (over, address) = (&over, app.address);
        let writers: Vec<_> =
            users.iter().map(|user| scope.spawn(move || make_tasks(address, user, over))).collect();
        let until = Until(over);
        for _ in 0..10 {
            thread::sleep(Duration::from_millis(100));
            end(url, WRITES);
        }
        drop(until);
        for (user, writer) in users.iter().zip(writers) {
            let acknowledged = writer.join().unwrap();
            assert!(!acknowledged.is_empty());
            let ids: Vec<String> = acknowledged.iter().map(i64::to_string).collect();
            let stored = format!(
                "SELECT count(*) AS number FROM tasks WHERE user_id = '{user}' AND id IN ({})",
                ids.join(", ")
            );
            assert_eq!(usize::try_from(number(url, &stored)).unwrap(), acknowledged.len());
        }
    });
    wait_for_groups(&app);
}

/// And what it was given is neither lost nor done twice.
#[test]
fn one_that_stands_still_holds_up_nobody_who_comes_later() {
    let variables = [("DATABASE_MAX_CONNECTIONS", "6")];
    let app = TestApp::spawn_with(Backend::Postgres, &variables);
    let url = &app.database_url;
    let make = |user: &str| drop(new_task(&caller(app.address, user), user, "Once"));
    wait_for(url, 1, WRITES, || make("nobody"));
    let stopped = Stopped::new(url, WRITES);
    let made = thread::scope(|scope| {
        let mut early = Vec::new();
        // One after the other, until one of them meets it.
        while early.iter().all(ScopedJoinHandle::is_finished) {
            early.push(scope.spawn(|| make("early")));
            thread::sleep(Duration::from_millis(200));
        }
        early.extend((0..CALLERS).map(|_| scope.spawn(|| make("early"))));
        thread::sleep(Duration::from_millis(1200));
        let started = Instant::now();
        (0..CALLERS).for_each(|_| make("late"));
        let took = started.elapsed();
        let waiting = early.iter().filter(|writer| !writer.is_finished()).count();
        drop(stopped);
        assert!(took < Duration::from_secs(1), "{took:?}");
        assert_eq!(waiting, 1, "only what it was given may wait for its answer");
        early.len()
    });
    for (user, made) in [("early", made), ("late", CALLERS)] {
        let stored = format!("SELECT count(*) AS number FROM tasks WHERE user_id = '{user}'");
        assert_eq!(usize::try_from(number(url, &stored)).unwrap(), made);
    }
}
