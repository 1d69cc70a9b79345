//! The page that shows the description: complete, from this server alone, under a strict policy.

use rstest::rstest;

use crate::support::{Answer, Backend, TestApp};

fn page(app: &TestApp) -> Answer {
    app.anonymous().with_header("Accept", "text/html").get("/docs").expect(200)
}

/// The files that the page loads, as absolute paths.
fn loaded(html: &str) -> Vec<String> {
    let attributes = html.split(['\"']).collect::<Vec<_>>();
    let values = attributes
        .windows(2)
        .filter(|pair| pair[0].ends_with("src=") || pair[0].ends_with("href="));
    values.map(|pair| pair[1].to_owned()).filter(|value| value != "data:,").collect()
}

#[test]
fn the_page_and_all_files_that_it_loads_are_served() {
    let app = TestApp::spawn(Backend::Sqlite);
    let answer = page(&app);
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    let files = loaded(&answer.text());
    assert_eq!(files, ["docs/swagger-ui.css", "docs/swagger-ui-bundle.js", "docs/page.js"]);
    for file in files {
        // Relative, so that the page works behind a proxy that adds a prefix.
        let accept = if file.ends_with("css") { "text/css,*/*;q=0.1" } else { "*/*" };
        let loaded = app.anonymous().with_header("Accept", accept).get(&format!("/{file}"));
        let expected = if file.ends_with("css") { "text/css" } else { "text/javascript" };
        assert_eq!(loaded.header("content-type"), Some(&*format!("{expected}; charset=utf-8")));
        assert_eq!(loaded.header("x-content-type-options"), Some("nosniff"));
        assert!(loaded.expect(200).body.len() > 100, "{file}");
    }
}

#[test]
fn its_policy_allows_this_origin_and_nothing_inline() {
    let app = TestApp::spawn(Backend::Sqlite);
    let answer = page(&app);
    let policy = answer.header("content-security-policy").unwrap_or_default().to_owned();
    let directives: Vec<&str> = policy.split(';').map(str::trim).collect();
    assert_eq!(
        directives,
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    );
    let html = answer.text();
    for tag in html.split("<script").skip(1) {
        let (attributes, rest) = tag.split_once('>').unwrap();
        assert!(attributes.contains("src=") && rest.starts_with("</script>"), "{tag}");
    }
    for inline in ["<style", "style=", " onload=", "javascript:", "http://", "https://", "=\"//"] {
        assert!(!html.contains(inline), "{inline}");
    }
}

/// The description names no other origin, so the page sends its requests to this server.
#[test]
fn requests_of_the_page_go_to_the_same_server() {
    let app = TestApp::spawn(Backend::Sqlite);
    let script = app.anonymous().get("/docs/page.js").text();
    assert!(script.contains("url: \"openapi.json\""), "{script}");
    assert!(script.contains("persistAuthorization: false"), "{script}");
    let servers = app.anonymous().get("/openapi.json").json()["servers"].clone();
    assert_eq!(servers, serde_json::json!([{"url": "/"}]));
}

#[rstest]
#[case("/docs")]
#[case("/docs/page.js")]
#[case("/docs/swagger-ui-bundle.js")]
#[case("/docs/swagger-ui.css")]
fn an_unchanged_file_is_304(#[case] path: &str) {
    let app = TestApp::spawn(Backend::Sqlite);
    let first = app.anonymous().get(path).expect(200);
    assert_eq!(first.header("cache-control"), Some("no-cache"));
    let etag = first.header("etag").unwrap_or_default();
    let again = app.anonymous().with_header("If-None-Match", etag).get(path).expect(304);
    assert_eq!((again.header("etag"), again.body.len()), (Some(etag), 0));
}

#[test]
fn other_files_of_the_distribution_are_not_served() {
    let app = TestApp::spawn(Backend::Sqlite);
    for path in [
        "/docs/",
        "/docs/index.html",
        "/docs/swagger-initializer.js",
        "/docs/..",
        "/docs/oauth2-redirect.html",
    ] {
        let answer = app.anonymous().raw("GET", path, &[], b"").expect(404);
        assert_eq!(answer.code(), "not_found", "{path}");
    }
}

#[test]
fn the_address_alone_leads_to_the_documentation() {
    let app = TestApp::spawn(Backend::Sqlite);
    let index = app.anonymous().get("/").expect(200).json();
    assert_eq!(
        (&index["name"], &index["version"]),
        (&"Taskbridge".into(), &env!("CARGO_PKG_VERSION").into())
    );
    app.anonymous().get(index["description"].as_str().unwrap()).expect(200);
    let html = app.anonymous().with_header("Accept", "text/html");
    html.get(index["documentation"].as_str().unwrap()).expect(200);
}
