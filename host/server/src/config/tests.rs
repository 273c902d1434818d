use super::*;

fn load(file: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hivesync.toml");
    std::fs::write(&path, file).unwrap();
    Config::load(Some(&path), |name| {
        environment.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
    })
}

#[test]
fn the_environment_goes_over_the_file_and_the_file_over_the_defaults() {
    assert_eq!(load("", &[]).unwrap().port, 4000);
    assert_eq!(load("[server]\nport = 1", &[]).unwrap().port, 1);
    assert_eq!(load("[server]\nport = 1", &[("PORT", "2")]).unwrap().port, 2);
    assert_eq!(load("[server]\nport = 1", &[("PORT", "")]).unwrap().port, 1);
}

#[test]
fn every_variable_changes_the_configuration() {
    let plain = load("", &[]).unwrap();
    for (name, section, key) in ENVIRONMENT {
        let value = match *key {
            "listen" => "0.0.0.0",
            "base_url" => "https://build.example",
            "callback_url" => "http://build.example/api/v1/workers/callback",
            "jwt_secret" | "token_secret" | "token_secret_previous" | "callback_secret" => "some other text",
            _ => "7",
        };
        assert_ne!(load("", &[(name, value)]).unwrap(), plain, "{name} for {section}.{key}");
    }
}

#[test]
fn what_nobody_reads_or_what_cannot_be_is_refused() {
    for file in [
        "[server]\nprot = 1",
        "[sever]\nport = 1",
        "[server]\nport = 65536",
        "[server]\nlisten = \"everywhere\"",
        "[server]\nbase_url = \"ftp://build.example\"",
        "[server]\nconnections = 0",
        "[previews]\ntoken_ttl_seconds = 301",
        "[previews]\nmax_timeout_ms = 15001",
        "[workers]\nconcurrency = 65",
        "[workers]\ncallback_url = \"https://build.example\"",
        "not toml",
    ] {
        assert!(load(file, &[]).is_err(), "{file}");
    }
    let error = load("", &[("PORT", "many")]).unwrap_err();
    assert_eq!(error.to_string(), "PORT is not a whole number");
}

#[test]
fn a_secret_is_not_shown() {
    let config = load("", &[("JWT_SECRET", "hidden-hidden-hidden-hidden-hidden")]).unwrap();
    assert!(!format!("{config:?}").contains("hidden"));
    assert_eq!(config.jwt_secret.text(), Some("hidden-hidden-hidden-hidden-hidden"));
}
