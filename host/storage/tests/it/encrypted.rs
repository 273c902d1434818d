//! PostgreSQL and Redis that are reached over TLS, and believed when their certificate is.

use hivesync_storage::{Clock, Database, Fleet, JobStore, StorageError};
use hivesync_testkit::{Durability, KeyPair, Postgres, Redis};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair as Key};

/// Somebody who signs certificates.
struct Authority {
    pem: String,
    issuer: Issuer<'static, Key>,
    folder: tempfile::TempDir,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = Key::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), &pem).unwrap();
        Self { pem, issuer: Issuer::new(params, key), folder }
    }

    fn sign(&self, name: &str) -> KeyPair {
        let key = Key::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        KeyPair { certificate, key: key.serialize_pem() }
    }

    /// What is said of a connection that believes it alone.
    fn query(&self, mode: &str) -> String {
        format!("?sslmode={mode}&sslrootcert={}", self.folder.path().join("ca.pem").display())
    }
}

/// Why the tables cannot be opened there.
async fn refusal(url: &str) -> String {
    let refused = Database::open_postgres(url).await.unwrap_err();
    let StorageError::Database { what, detail } = refused else { panic!("{refused}") };
    assert_eq!(what, "opening");
    assert!(!detail.contains("hush"), "{detail}");
    detail
}

#[tokio::test]
async fn a_database_is_believed_by_its_certificate_and_name_alone() {
    let (ours, other) = (Authority::new(), Authority::new());
    let postgres = Postgres::encrypted(&ours.sign("127.0.0.1")).unwrap();
    let url = postgres.url("postgres").replace("hivesync@", "hivesync:hush@");
    let sure = format!("{url}{}", ours.query("verify-full"));
    let db = Database::open_postgres(&sure).await.unwrap();
    db.ping().await.unwrap();
    db.close().await;
    JobStore::postgres(&sure, Clock::Database).await.unwrap().close().await;

    let detail = refusal(&format!("{url}{}", other.query("verify-full"))).await;
    assert!(detail.contains("certificate"), "{detail}");
    // Nobody signed for this name, whoever signed.
    let renamed = url.replace("127.0.0.1", "localhost");
    let detail = refusal(&format!("{renamed}{}", ours.query("verify-full"))).await;
    assert!(detail.contains("certificate"), "{detail}");
    refusal(&format!("{url}?sslmode=disable")).await;
    refusal(&format!("{url}?sslmode=verify-full&sslrootcert=/nowhere/ca.pem")).await;
}

#[tokio::test]
async fn a_database_without_encryption_is_no_database_where_it_is_asked_for() {
    let ours = Authority::new();
    let postgres = Postgres::start(Durability::None).unwrap();
    let url = postgres.url("postgres").replace("hivesync@", "hivesync:hush@");
    refusal(&format!("{url}{}", ours.query("verify-full"))).await;
    Database::open_postgres(&url).await.unwrap().ping().await.unwrap();
}

#[tokio::test]
async fn a_redis_is_believed_by_its_certificate_alone() {
    let (ours, other) = (Authority::new(), Authority::new());
    let redis = Redis::encrypted(&ours.sign("127.0.0.1")).unwrap();
    let trusting =
        |authority: &Authority| Fleet::trusting(&redis.url(), authority.pem.clone().into_bytes()).unwrap();
    trusting(&ours).check().await.unwrap();
    let refused = trusting(&other).check().await.unwrap_err();
    assert!(matches!(refused, StorageError::Redis { .. }), "{refused}");
    assert!(Fleet::new(&redis.url()).unwrap().check().await.is_err(), "the machine does not know it");
    assert!(Fleet::new(&redis.url().replace("rediss", "redis")).unwrap().check().await.is_err());
    let nobody = Fleet::trusting(&redis.url(), b"no certificate".to_vec());
    let is_believed = match nobody {
        Ok(fleet) => fleet.check().await.is_ok(),
        Err(_) => false,
    };
    assert!(!is_believed);
}
