use ardm_client::apis::configuration::Configuration;
use ardm_client::apis::{compression_api, jobs_api, models_api, operation_api, Error};
use ardm_client::models::{Job, JobCalls, JobState, Operation, Problem};
use base64::{engine::general_purpose::STANDARD, Engine};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::time::Duration;

// begin recipe
fn server(url: &str, key: &str) -> Configuration {
    Configuration { base_path: url.into(), bearer_access_token: Some(key.into()), ..Configuration::default() }
}

fn digest(path: &Path) -> String {
    let hash = Sha256::digest(std::fs::read(path).unwrap());
    format!("sha-256=:{}:", STANDARD.encode(hash))
}

fn problem<T>(error: Error<T>) -> Problem {
    match error {
        Error::ResponseError(answer) => serde_json::from_str(&answer.content).unwrap(),
        other => panic!("{other}"),
    }
}

async fn round_trip(server: &Configuration, file: &Path, archive: &Path) -> Result<Vec<u8>, Problem> {
    let sent = Some(digest(file));
    let answer = compression_api::compress(server, None, None, None, sent.as_deref(), None, None, None, None, None, Some(file.into()));
    std::fs::write(archive, answer.await.map_err(problem)?.bytes().await.unwrap()).unwrap();
    let sent = Some(digest(archive));
    let answer = compression_api::decompress(server, archive.into(), sent.as_deref(), None, None, None, None, None);
    Ok(answer.await.map_err(problem)?.bytes().await.unwrap().to_vec())
}
// end recipe

async fn submit(server: &Configuration, operation: Operation, calls: Option<&str>, model: Option<&str>, file: &Path) -> Job {
    let (sent, key) = (digest(file), format!("{:?}", std::time::Instant::now()).replace(' ', ""));
    let body = Some(file.to_path_buf());
    let created = jobs_api::create_job(server, operation, calls, model, None, Some(&key), Some(&sent), None, None, None, None, None, body);
    let mut job = created.await.unwrap();
    while matches!(job.state, JobState::Queued | JobState::Active) {
        tokio::time::sleep(Duration::from_millis(100)).await;
        job = jobs_api::get_job(server, &job.id, None).await.unwrap();
    }
    job
}

async fn result(server: &Configuration, job: &Job) -> Vec<u8> {
    let answer = jobs_api::get_result(server, &job.id, None, None, None, None, None).await.unwrap();
    answer.bytes().await.unwrap().to_vec()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let args: Vec<String> = std::env::args().collect();
    let server = server(&args[1], &args[4]);
    let (binary, text) = (PathBuf::from(&args[2]), PathBuf::from(&args[3]));
    let archive = binary.with_extension("rust.ardm");
    let models = models_api::list_models(&server, None).await.unwrap().models;
    let model = &models[0];

    assert_eq!(round_trip(&server, &binary, &archive).await.unwrap(), std::fs::read(&binary).unwrap());
    println!("ok: round trip");

    let of_stored = compression_api::inspect(&server, archive.clone(), None, None).await.unwrap();
    let (calls, id, sent) = (Some("64"), Some(model.id.as_str()), digest(&text));
    let answer = compression_api::compress(&server, calls, id, None, Some(&sent), None, None, None, None, None, Some(text.clone())).await.unwrap();
    std::fs::write(&archive, answer.bytes().await.unwrap()).unwrap();
    let answer = compression_api::decompress(&server, archive.clone(), None, None, None, None, None, None).await.unwrap();
    assert_eq!(answer.bytes().await.unwrap(), std::fs::read(&text).unwrap());
    println!("ok: round trip with calls");

    let refused = problem(compression_api::decompress(&server, binary.clone(), None, None, None, None, None, None).await.unwrap_err());
    assert_eq!((refused.status, refused.code.as_str()), (422, "not-an-archive"));
    println!("ok: typed problem");

    let mistaken = compression_api::compress(&server, None, None, None, Some(&sent), None, None, None, None, None, Some(binary.clone()));
    assert_eq!(problem(mistaken.await.unwrap_err()).code, "content-digest-mismatch");
    println!("ok: digest");

    assert_eq!(of_stored.original_size as u64, std::fs::metadata(&binary).unwrap().len());
    assert_eq!(of_stored.segments[0].model, None);
    let of_archive = compression_api::inspect(&server, archive.clone(), None, None).await.unwrap();
    assert_eq!(of_archive.segments[0].model.as_deref(), id);
    assert_eq!(of_archive.segments[0].calls, Some(64));
    println!("ok: inspect");

    let compressed = submit(&server, Operation::Compress, calls, id, &text).await;
    assert_eq!(compressed.state, JobState::Done);
    assert_eq!(compressed.calls.clone().flatten().as_deref(), Some(&JobCalls::Integer(64)));
    assert_eq!(compressed.failure.clone().flatten(), None);
    let made = std::fs::read(&archive).unwrap();
    assert_eq!(compressed.result.clone().flatten().unwrap().size, made.len() as i64);
    assert_eq!(result(&server, &compressed).await, made);
    let restored = submit(&server, Operation::Decompress, None, None, &archive).await;
    assert_eq!((&restored.state, restored.calls.clone().flatten()), (&JobState::Done, None));
    assert_eq!(result(&server, &restored).await, std::fs::read(&text).unwrap());
    println!("ok: job");

    let failed = submit(&server, Operation::Decompress, None, None, &binary).await;
    assert_eq!(failed.state, JobState::Failed);
    assert_eq!(failed.failure.clone().flatten().unwrap().code, "not-an-archive");
    assert_eq!(failed.result.clone().flatten(), None);
    println!("ok: failed job");

    assert_eq!(models_api::get_model(&server, &model.id, None).await.unwrap().hash, model.hash);
    operation_api::get_readiness(&server).await.unwrap();
    assert!(operation_api::get_metrics(&server).await.unwrap().contains("# HELP"));
    // The generator cannot read answers without a body, and texts that are not plain: docs/clients.md says what to do.
    let events = jobs_api::follow_job(&server, &failed.id, None, None).await;
    assert!(matches!(events, Err(Error::Serde(_))), "{events:?}");
    let events = server.client.get(format!("{}{}", server.base_path, failed.links.events)).bearer_auth(&args[4]);
    let events = events.send().await.unwrap();
    assert!(events.text().await.unwrap().contains("event: state"));
    let deleted = jobs_api::delete_job(&server, &failed.id, None).await;
    assert!(matches!(deleted, Err(Error::Serde(_))), "{deleted:?}");
    assert!(!jobs_api::list_jobs(&server, None, None, None).await.unwrap().jobs.is_empty());
    let gone = jobs_api::get_job(&server, &failed.id, None).await.unwrap_err();
    assert_eq!(problem(gone).code, "job-not-found");
    println!("ok: other operations");
}
