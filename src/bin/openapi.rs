//! Prints the OpenAPI document: `cargo run --bin openapi > docs/openapi.json`.

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    match diandan::router::openapi().to_pretty_json() {
        Ok(document) => println!("{document}"),
        Err(error) => {
            eprintln!("the document does not serialize: {error}");
            std::process::exit(1);
        }
    }
}

#[cfg(target_arch = "wasm32")]
fn main() {}
