//! The demo data as it stands in `script/demo`.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// What went wrong, for whoever started the program.
pub type Failure = String;

/// An organization as its row is.
#[derive(Deserialize)]
pub struct Organization {
    pub id: String,
    pub name: String,
    pub kind: String,
    pub credit_code: Option<String>,
    pub region: String,
    pub about: String,
    pub contact_phone: Option<String>,
    pub state: String,
}

/// A project: its recruitment notice as the API takes it, but for the shifts' times.
#[derive(Deserialize)]
pub struct Project {
    pub organization: String,
    pub client_ref: String,
    pub shifts: Vec<Shift>,
    #[serde(flatten)]
    pub notice: Map<String, Value>,
}

/// A shift on a day counted from today.
#[derive(Deserialize)]
pub struct Shift {
    #[serde(rename = "ref")]
    pub reference: String,
    pub role: String,
    pub day: i32,
    pub start: String,
    pub end: String,
    #[serde(default)]
    pub ends_next_day: bool,
    pub capacity: usize,
    pub waitlist: usize,
    /// How many sign up, those on the waiting list included.
    pub fill: usize,
}

/// A project as it is entered in contests.
#[derive(Deserialize)]
pub struct Candidate {
    pub organization: String,
    pub client_ref: String,
    pub track: String,
    pub title: String,
    pub need: String,
    pub effect: String,
}

/// What volunteers are called.
#[derive(Deserialize)]
pub struct Names {
    pub surnames: Vec<String>,
    pub given_names: Vec<String>,
}

pub fn organizations() -> Result<Vec<Organization>, Failure> {
    read(&folder().join("organizations.json"))
}

pub fn names() -> Result<Names, Failure> {
    read(&folder().join("volunteers.json"))
}

pub fn projects() -> Result<Vec<Project>, Failure> {
    let folder = folder().join("projects");
    let mut files = fs::read_dir(&folder)
        .and_then(|entries| {
            entries
                .map(|entry| entry.map(|entry| entry.path()))
                .collect::<Result<Vec<_>, _>>()
        })
        .map_err(|error| format!("{}: {error}", folder.display()))?;
    files.sort();
    let mut projects = Vec::new();
    for file in files {
        projects.extend(read::<Vec<Project>>(&file)?);
    }
    for project in &mut projects {
        project.notice.remove("approval");
    }
    Ok(projects)
}

/// What is over.
pub fn served() -> Result<Project, Failure> {
    read(&folder().join("served.json"))
}

/// What is entered in contests.
pub fn candidates() -> Result<Vec<Candidate>, Failure> {
    read(&folder().join("contest.json"))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("script/demo")
}

fn read<T: DeserializeOwned>(file: &Path) -> Result<T, Failure> {
    let told = |error: String| format!("{}: {error}", file.display());
    let text = fs::read_to_string(file).map_err(|error| told(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| told(error.to_string()))
}
