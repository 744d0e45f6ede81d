//! The ranking of contests, compiled from the very files that the Worker runs.

#[path = "../../src/contests/ranking/mod.rs"]
pub mod ranking;

/// The ranking of a sheet, JSON in and out; else throws an `Error` whose message is the JSON
/// of [`ranking::Unrankable`].
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn recompute(sheet: &str) -> Result<String, wasm_bindgen::JsError> {
    ranking::recompute(sheet).map_err(|reason| {
        let reason = serde_json::to_string(&reason).unwrap_or_default();
        wasm_bindgen::JsError::new(&reason)
    })
}
