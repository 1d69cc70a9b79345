//! A client behind nginx that claims to be another one with every request. It is counted and logged by its own
//! address all the same, whichever header the API believes.

use std::io::Write;
use std::process::{Command, Stdio};

use rstest::rstest;

use crate::nginx::{Nginx, lasting_port};
use crate::support::process::Process;
use crate::support::{Backend, app, seed};

/// The whole of 127/8 is this machine. The client is not the proxy, which is 127.0.0.1.
const CLIENT: &str = "127.0.0.77";

const REQUESTS: usize = 80;

/// What the file has in `deploy/nginx.conf`.
const OVERWRITES: &str = "proxy_set_header X-Forwarded-For $remote_addr;";
const CLEARS: &str = r#"proxy_set_header Forwarded "";"#;

#[rstest]
#[case::as_the_file_is("X-Forwarded-For", OVERWRITES, CLEARS)]
#[case::appended(
    "X-Forwarded-For",
    "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
    CLEARS
)]
#[case::the_other_one_passed_on("X-Forwarded-For", OVERWRITES, "")]
#[case::forwarded(
    "Forwarded",
    r#"proxy_set_header X-Forwarded-For "";"#,
    r#"proxy_set_header Forwarded "for=$remote_addr";"#
)]
#[case::forwarded_appended_and_the_other_one_passed_on(
    "Forwarded",
    "",
    r#"proxy_set_header Forwarded "$http_forwarded, for=$remote_addr";"#
)]
fn no_client_chooses_its_address(
    #[case] believed: &str,
    #[case] x_forwarded_for: &str,
    #[case] forwarded: &str,
) {
    let mut random = fastrand::Rng::with_seed(seed());
    let port = lasting_port(&mut random);
    let port_text = port.to_string();
    let (url, _folder) = app::fresh_url(Backend::Sqlite);
    let variables = [
        ("PORT", port_text.as_str()),
        ("TRUSTED_PROXIES", "127.0.0.1"),
        ("CLIENT_ADDRESS_HEADER", believed),
    ];
    let mut process = Process::serve(&url, &variables);
    process.address();
    let edits = [(OVERWRITES, x_forwarded_for), (CLEARS, forwarded)];
    let nginx = Nginx::start_with(lasting_port(&mut random), [port, port], &edits);

    let statuses = statuses(&nginx);
    let (refused, limited) = (
        statuses.iter().filter(|status| *status == "401").count(),
        statuses.iter().filter(|status| *status == "429").count(),
    );
    assert_eq!(refused + limited, REQUESTS, "{statuses:?} {}", nginx.log());
    // 60 in a minute, and one more for each second that all of them took.
    assert!((60..75).contains(&refused), "{refused} were 401, {limited} were 429");

    let log = process.stderr();
    let events: Vec<&str> =
        log.lines().filter(|line| line.contains("taskbridge::security")).collect();
    let named = events.iter().filter(|line| line.contains(&format!("client={CLIENT} "))).count();
    assert_eq!((events.len(), named), (REQUESTS, REQUESTS), "{log}");
}

/// The statuses of requests without a token, each under addresses of its own.
fn statuses(nginx: &Nginx) -> Vec<String> {
    let request = |number: usize| {
        format!(
            "url = \"http://{}/api/me\"\noutput = /dev/null\nwrite-out = \"%{{http_code}}\\n\"\ninterface = {CLIENT}\n\
             header = \"X-Forwarded-For: 198.51.100.{number}\"\nheader = \"Forwarded: for=203.0.113.{number}\"\n",
            nginx.address
        )
    };
    let requests: Vec<String> = (0..REQUESTS).map(request).collect();
    let mut curl = Command::new("curl")
        .args(["--silent", "--max-time", "30", "--config", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    curl.stdin.take().unwrap().write_all(requests.join("next\n").as_bytes()).unwrap();
    let output = String::from_utf8(curl.wait_with_output().unwrap().stdout).unwrap();
    output.lines().map(str::to_owned).collect()
}
