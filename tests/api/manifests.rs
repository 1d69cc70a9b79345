//! The Kubernetes manifests against the code: variables, probes, ports and images are names, and nothing but this test
//! notices when one of them is renamed. `scripts/test-manifests` compares the files with Kubernetes' own schemas.

use std::collections::BTreeSet;

use serde_json::Value;
use taskbridge::operations;

use crate::containers::{compose, file, known_to_the_api, known_to_the_web_app};

const FILES: [&str; 6] = ["config", "migrate", "api", "web", "network", "ingress"];

/// Every object of the manifests.
fn objects() -> Vec<Value> {
    let text = |name: &&str| file(&format!("deploy/kubernetes/{name}.yaml"));
    let parse = |text: String| -> Vec<Value> {
        text.split("\n---\n").map(|one| serde_saphyr::from_str(one).unwrap()).collect()
    };
    FILES.iter().map(text).flat_map(parse).collect()
}

fn named<'a>(objects: &'a [Value], kind: &str, name: &str) -> &'a Value {
    let found = objects.iter().find(|it| it["kind"] == kind && it["metadata"]["name"] == name);
    found.unwrap_or_else(|| panic!("no {kind} {name}"))
}

/// The pods of Deployments and Jobs.
fn pods(objects: &[Value]) -> Vec<&Value> {
    let pods: Vec<_> = objects.iter().map(|it| &it["spec"]["template"]["spec"]).collect();
    pods.into_iter().filter(|pod| pod.is_object()).collect()
}

fn container(pod: &Value) -> &Value {
    let containers = pod["containers"].as_array().unwrap();
    assert_eq!(containers.len(), 1);
    &containers[0]
}

#[test]
fn every_file_is_in_the_list_and_every_image_is_one_that_compose_builds() {
    let list = compose("deploy/kubernetes/kustomization.yaml");
    let expected = FILES.map(|name| format!("{name}.yaml"));
    assert_eq!(list["resources"].as_array().unwrap(), &expected.map(Value::from));
    let built = compose("compose.yaml");
    let services = built["services"].as_object().unwrap().values();
    let built: BTreeSet<_> = services.map(|service| service["image"].to_string()).collect();
    let objects = objects();
    for pod in pods(&objects) {
        assert!(built.contains(&container(pod)["image"].to_string()), "{pod}");
    }
}

#[test]
fn every_variable_is_known_and_every_reference_leads_somewhere() {
    let objects = objects();
    let config = &named(&objects, "ConfigMap", "taskbridge")["data"];
    let mut seen = 0;
    for pod in pods(&objects) {
        let container = container(pod);
        let known = match container["name"].as_str().unwrap() {
            "web" => known_to_the_web_app(),
            _ => known_to_the_api(),
        };
        for variable in container["env"].as_array().unwrap() {
            let name = variable["name"].as_str().unwrap();
            assert!(known.contains(name), "{name}");
            let from = &variable["valueFrom"]["configMapKeyRef"]["key"];
            assert!(from.is_null() || !config[from.as_str().unwrap()].is_null(), "{name}");
            let is_secret = !variable["valueFrom"]["secretKeyRef"].is_null();
            let holds_secrets = ["SECRET", "DATABASE_URL"].iter().any(|word| name.contains(word));
            assert_eq!(is_secret, holds_secrets, "{name}");
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn probes_and_ports_are_those_of_the_servers() {
    let objects = objects();
    let api =
        container(&named(&objects, "Deployment", "taskbridge-api")["spec"]["template"]["spec"]);
    for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
        let path = api[probe]["httpGet"]["path"].as_str().unwrap();
        assert!(operations().any(|it| it.pattern() == path), "{path}");
    }
    for (name, port) in [("taskbridge-api", 8000), ("taskbridge-web", 3000)] {
        let pod = &named(&objects, "Deployment", name)["spec"]["template"]["spec"];
        assert_eq!(container(pod)["ports"][0]["containerPort"], port);
        let service = &named(&objects, "Service", name)["spec"];
        assert_eq!(
            (&service["ports"][0]["port"], &service["ports"][0]["targetPort"]),
            (&port.into(), &"http".into())
        );
        let allowed = &named(&objects, "NetworkPolicy", name)["spec"]["ingress"][0];
        assert_eq!(allowed["ports"][0]["port"], port);
        for kind in ["Service", "PodDisruptionBudget"] {
            let spec = &named(&objects, kind, name)["spec"];
            assert!(spec.to_string().contains(&format!("\"app.kubernetes.io/name\":\"{name}\"")));
        }
    }
}

#[test]
fn a_pod_has_the_time_that_a_graceful_stop_takes() {
    let objects = objects();
    let pod = &named(&objects, "Deployment", "taskbridge-api")["spec"]["template"]["spec"];
    let seconds = |name: &str| -> u64 {
        let all = container(pod)["env"].as_array().unwrap();
        let one = all.iter().find(|variable| variable["name"] == name).unwrap();
        one["value"].as_str().unwrap().parse().unwrap()
    };
    let needed = seconds("SHUTDOWN_DELAY_SECONDS") + seconds("SHUTDOWN_TIMEOUT_SECONDS");
    assert!(pod["terminationGracePeriodSeconds"].as_u64().unwrap() > needed);
}

#[test]
fn every_pod_is_confined() {
    let objects = objects();
    assert_eq!(pods(&objects).len(), 3);
    for pod in pods(&objects) {
        assert_eq!(pod["automountServiceAccountToken"], false);
        assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
        assert_eq!(pod["securityContext"]["runAsUser"], 65_532, "as in the images");
        assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
        let container = container(pod);
        let context = &container["securityContext"];
        assert_eq!(context["readOnlyRootFilesystem"], true);
        assert_eq!(context["allowPrivilegeEscalation"], false);
        assert_eq!(context["capabilities"]["drop"][0], "ALL");
        assert!(container["resources"]["limits"]["memory"].is_string());
        assert!(container["resources"]["requests"].is_object());
    }
}
