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
            "trusted_proxies" => "10.0.0.0/8, fd00::1",
            "tls" if *section == "database" => "verify-full",
            "enabled" | "dry_run" | "tls" => "true",
            "min_workers" => "2",
            "scale_in_threshold" => "6",
            // Beside its default.
            "log_retention_days" => "8",
            "base_url" => "https://build.example",
            "upload_retries" => "3",
            // By itself a database or a bucket would lack what goes with it.
            "url" | "host" | "endpoint" | "account_id" => continue,
            // Nor is a previous secret good for a time that is not known.
            "api_secret_previous" => continue,
            // And so would a model.
            "local_enabled" | "key" | "fallback_url" => continue,
            "primary" => "none",
            "timeout_ms" => "7000",
            "idempotent" => "true",
            "callback_url" => "http://build.example/api/v1/workers/callback",
            "jwt_secret"
            | "token_secret"
            | "token_secret_previous"
            | "callback_secret"
            | "webhook_secret" => "some other text",
            _ => "7",
        };
        assert_ne!(load("", &[(name, value)]).unwrap(), plain, "{name} for {section}.{key}");
    }
}

const SECRETS: [(&str, &str); 3] =
    [("JWT_SECRET", "a"), ("PREVIEW_TOKEN_SECRET", "b"), ("WORKER_CALLBACK_SECRET", "c")];

#[test]
fn a_database_is_named_whole_or_in_parts() {
    let address = |more: &[(&str, &str)]| {
        let config = load("", &[&SECRETS, more].concat())?;
        Ok::<_, ConfigError>(config.database.address()?.map(|address| address.text().unwrap().to_owned()))
    };
    assert_eq!(address(&[]).unwrap(), None);
    let url = "postgres://a:b@host:1/c";
    assert_eq!(address(&[("DATABASE_URL", url), ("POSTGRES_HOST", "other")]).unwrap().as_deref(), Some(url));
    let parts = [("POSTGRES_HOST", "db"), ("POSTGRES_PASSWORD", "p@ss/word")];
    let expected = "postgres://hivesync:p%40ss%2Fword@db:5432/hivesync?sslmode=prefer";
    assert_eq!(address(&parts).unwrap().as_deref(), Some(expected));
    let sure = [parts[0], ("POSTGRES_SSLMODE", "verify-full"), ("POSTGRES_SSLROOTCERT", "/etc/a b.pem")];
    let expected = "postgres://hivesync@db:5432/hivesync?sslmode=verify-full&sslrootcert=%2Fetc%2Fa+b.pem";
    assert_eq!(address(&sure).unwrap().as_deref(), Some(expected));
    assert!(address(&[parts[0], ("POSTGRES_SSLMODE", "sometimes")]).is_err());
    assert!(address(&[("DATABASE_URL", "mysql://host/c")]).is_err());
    assert!(address(&[("POSTGRES_HOST", "a b")]).is_err());
}

#[test]
fn redis_is_named_whole_or_in_parts() {
    let address = |more: &[(&str, &str)]| {
        let address = load("", more)?.redis.address()?;
        Ok::<_, ConfigError>(address.map(|address| address.text().unwrap().to_owned()))
    };
    assert_eq!(address(&[]).unwrap(), None);
    let url = "redis://:a@host:1/2";
    assert_eq!(address(&[("REDIS_URL", url), ("REDIS_HOST", "other")]).unwrap().as_deref(), Some(url));
    let parts = [("REDIS_HOST", "rings"), ("REDIS_PORT", "7000"), ("REDIS_PASSWORD", "p@ss/word")];
    assert_eq!(address(&parts).unwrap().as_deref(), Some("redis://:p%40ss%2Fword@rings:7000"));
    let encrypted = address(&[("REDIS_HOST", "rings"), ("REDIS_TLS", "true")]).unwrap();
    assert_eq!(encrypted.as_deref(), Some("rediss://rings:6379"));
    assert!(address(&[("REDIS_URL", "rediss://rings")]).is_ok());
    assert!(address(&[("REDIS_URL", "rediss://rings/#insecure")]).is_err(), "nobody is believed blindly");
    assert!(load("", &[("REDIS_CA_FILE", "/nowhere/ca.pem")]).unwrap().redis.ca().is_err());
    assert!(address(&[("REDIS_URL", "http://host")]).is_err());
    assert!(address(&[("REDIS_HOST", "a b")]).is_err());
}

#[test]
fn nodes_of_a_fleet_are_told_their_secrets() {
    for left_out in 0..SECRETS.len() {
        let mut environment = SECRETS.to_vec();
        environment.remove(left_out);
        environment.push(("POSTGRES_HOST", "db"));
        assert!(
            load("", &environment)
                .unwrap()
                .check_node()
                .unwrap_err()
                .to_string()
                .starts_with("accounts.jwt_secret is missing")
        );
    }
}

#[test]
fn a_worker_by_itself_is_told_where_its_fleet_is_and_no_more() {
    let all = [
        ("POSTGRES_HOST", "db"),
        ("R2_ENDPOINT", "http://objects"),
        ("R2_ACCESS_KEY_ID", "id"),
        ("R2_SECRET_ACCESS_KEY", "key"),
        ("WORKER_CALLBACK_URL", "https://build.example/api/v1/workers/callback"),
        ("WORKER_CALLBACK_SECRET", "c"),
    ];
    load("", &all).unwrap().check_worker().unwrap();
    for (left_out, key) in [
        (0, "database.url"),
        (1, "objects.endpoint"),
        (4, "workers.callback_url"),
        (5, "workers.callback_secret"),
    ] {
        let mut environment = all.to_vec();
        environment.remove(left_out);
        let error = load("", &environment).unwrap().check_worker().unwrap_err();
        assert_eq!(error.to_string(), format!("{key} is missing; a worker by itself needs it"));
    }
}

#[test]
fn a_bucket_needs_its_key_and_the_names_of_r2_come_first() {
    let key = [("R2_ACCESS_KEY_ID", "id"), ("R2_SECRET_ACCESS_KEY", "hidden")];
    let bucket = |more: &[(&str, &str)]| load("", more)?.objects.bucket();
    assert!(bucket(&key).unwrap().is_none());
    let found = bucket(&[&key[..], &[("R2_ACCOUNT_ID", "account")]].concat()).unwrap().unwrap();
    assert_eq!(found.endpoint, "https://account.r2.cloudflarestorage.com");
    assert_eq!((found.name.as_str(), found.retries), ("hivesync-storage", 1));
    assert!(!format!("{found:?}").contains("hidden"));
    let both = [("OBJECT_STORAGE_ENDPOINT", "http://a"), ("R2_ENDPOINT", "http://b")];
    assert_eq!(bucket(&[&key[..], &both].concat()).unwrap().unwrap().endpoint, "http://b");
    assert_eq!(bucket(&[&key[..], &both[..1]].concat()).unwrap().unwrap().endpoint, "http://a");
    assert!(bucket(&both).is_err());
    assert!(bucket(&[("R2_UPLOAD_MAX_RETRIES", "4")]).is_err());
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
        "[server]\ntrusted_proxies = \"everybody\"",
        "[tiers.free]\nrequests_a_minute = \"unlimited\"",
        "[tiers.free]\ndevices = \"many\"",
        "[reachability]\ndeadline_ms = 1999",
        "[reachability]\ndeadline_ms = 5001",
        "[tiers.gold]\ndevices = 1",
        "[previews]\ntoken_ttl_seconds = 301",
        "[previews]\nmax_timeout_ms = 15001",
        "[workers]\nconcurrency = 65",
        "[workers]\ncallback_url = \"build.example\"",
        "[cleanup]\ntmp_ttl_minutes = 0",
        "[cleanup]\nlog_retention_days = 0",
        "[cleanup]\nspace_run_ttl_days = 0",
        "[autoscaler]\nmin_workers = 5",
        "[autoscaler]\nscale_in_threshold = 20",
        "[autoscaler]\npoll_interval_seconds = 0",
        "not toml",
    ] {
        assert!(load(file, &[]).is_err(), "{file}");
    }
    let error = load("", &[("PORT", "many")]).unwrap_err();
    assert_eq!(error.to_string(), "PORT is not a whole number");
    let error = load("", &[("CLEANUP_DRY_RUN", "perhaps")]).unwrap_err();
    assert_eq!(error.to_string(), "CLEANUP_DRY_RUN is neither true nor false");
}

#[test]
fn models_are_named_whole_or_not_at_all() {
    let models = |environment: &[(&str, &str)]| load("", environment).map(|config| config.models.models());
    assert!(models(&[]).unwrap().unwrap().is_empty());
    let hosted = [("OPENAI_API_KEY", "sk-secret"), ("AI_MODEL", "m"), ("AI_IDEMPOTENT", "true")];
    let primary = models(&hosted).unwrap().unwrap();
    assert!(primary.is_idempotent() && !format!("{primary:?}").contains("sk-secret"));
    assert!(models(&[&hosted[..], &[("AI_PRIMARY", "none")]].concat()).unwrap().unwrap().is_empty());
    let local = [("LOCAL_AI_ENABLED", "true"), ("LOCAL_AI_URL", "http://127.0.0.1:8080/v1")];
    assert!(!models(&local).unwrap().unwrap().is_empty());
    let key = |environment: &[(&str, &str)]| match models(environment) {
        Err(ConfigError::Value { key, what }) => (key, what.contains("loads no weights")),
        other => panic!("{other:?}"),
    };
    assert_eq!(key(&[("OPENAI_API_KEY", "sk-secret")]), ("models.model", false));
    assert_eq!(key(&local[..1]), ("models.local_url", false));
    let path = [("LOCAL_AI_MODEL_PATH", "/models/small.gguf")];
    assert_eq!(key(&[&local[..1], &path[..]].concat()), ("models.local_url", true));
    let far = [("LOCAL_AI_URL", "http://10.0.0.1/v1")];
    assert_eq!(key(&[&local[..1], &far[..]].concat()), ("models.local_url", false));
    assert_eq!(key(&[("AI_FALLBACK_BASE_URL", "https://b.example/v1")]), ("models.fallback_model", false));
    assert_eq!(key(&[("AI_PRIMARY", "another")]), ("models.primary", false));
    assert_eq!(key(&[("AI_TIMEOUT_MS", "999")]), ("models.timeout_ms", false));
}

#[test]
fn a_secret_is_not_shown() {
    let config = load("", &[("JWT_SECRET", "hidden-hidden-hidden-hidden-hidden")]).unwrap();
    assert!(!format!("{config:?}").contains("hidden"));
    assert_eq!(config.jwt_secret.text(), Some("hidden-hidden-hidden-hidden-hidden"));
}

#[test]
fn the_manual_says_the_limits_of_the_tiers_and_a_file_changes_them() {
    assert_eq!(load("", &[]).unwrap().tiers, Tiers::default());
    let changed = load("[tiers.free]\ndevices = \"unlimited\"\nhistory = 7", &[]).unwrap().tiers;
    let free = hivesync_types::TierLimits { devices: None, history: Some(7), ..Tiers::default().free };
    assert_eq!(changed, Tiers { free, ..Tiers::default() });
}

#[test]
fn a_previous_secret_of_services_needs_the_time_when_it_was_replaced() {
    let previous = ("CONTENT_API_SECRET_PREVIOUS", "some other text");
    for at in ["", "7", "yesterday"] {
        let refused = load("", &[previous, ("CONTENT_API_ROTATED_AT", at)]).unwrap_err();
        assert!(matches!(refused, ConfigError::Value { key: "content.rotated_at", .. }), "{at}");
    }
    let config = load("", &[previous, ("CONTENT_API_ROTATED_AT", "2026-01-31T12:00:00Z")]).unwrap();
    assert_eq!(config.content.rotated_at().unwrap().unwrap().as_second(), 1_769_860_800);
}
