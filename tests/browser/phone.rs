//! A phone: Chromium at 360×740 with a profile of its own.

use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use data_encoding::BASE64;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::support::app::shared;

use super::line::Line;

/// So long a page may take to show what is waited for. A code on a screen lasts 30 seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// How the phone is set.
#[derive(Clone, Default)]
pub struct Settings {
    /// English instead of Chinese.
    pub english: bool,
    /// Scripts do not arrive.
    pub no_scripts: bool,
    /// Light on dark.
    pub dark: bool,
    /// Narrower than 360 pixels.
    pub width: Option<u32>,
    /// What the camera sees: a film as YUV4MPEG2.
    pub camera: Option<PathBuf>,
    /// A line of its own, for who must know where it leads before.
    pub line: Option<Line>,
}

/// A browser with a person in front of it.
pub struct Phone {
    client: Client,
    line: Line,
}

/// Lends a phone to `story`, and puts it away however the story ends.
pub fn with_phone<F>(settings: Settings, story: impl FnOnce(Phone) -> F)
where
    F: Future<Output = Phone>,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let phone = story(Phone::pick_up(settings).await).await;
        phone.client.close().await.unwrap();
    });
}

/// Sends a command of the Chrome DevTools Protocol.
#[derive(Debug)]
struct DevTools(&'static str, Value);

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!(
            "session/{}/goog/cdp/execute",
            session.unwrap_or_default()
        ))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        let body = json!({"cmd": self.0, "params": self.1});
        (http::Method::POST, Some(body.to_string()))
    }
}

impl Phone {
    async fn pick_up(settings: Settings) -> Self {
        let answer: Value = ureq::post(format!("{}/chromedriver", shared().control))
            .send_empty()
            .unwrap()
            .body_mut()
            .read_json()
            .unwrap();
        let Value::Object(mut capabilities) = answer["capabilities"].clone() else {
            panic!("the launcher gives capabilities")
        };
        let options = &mut capabilities["goog:chromeOptions"];
        options["mobileEmulation"] = json!({"deviceMetrics": {
            "width": settings.width.unwrap_or(360), "height": 740, "pixelRatio": 2.0, "touch": true,
        }});
        if let Some(film) = &settings.camera {
            let args = options["args"].as_array_mut().unwrap();
            args.push(json!("--use-fake-ui-for-media-stream"));
            args.push(json!("--use-fake-device-for-media-stream"));
            let film = film.display();
            args.push(json!(format!("--use-file-for-fake-video-capture={film}")));
        }
        let language = if settings.english { "en-GB" } else { "zh-CN" };
        options["prefs"] = json!({"intl.accept_languages": language});
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(Capabilities::from_iter(capabilities))
            .connect(answer["url"].as_str().unwrap())
            .await
            .unwrap();
        let line = settings.line.unwrap_or_else(|| Line::to(&shared().url));
        let phone = Self { client, line };
        if settings.no_scripts {
            // Scripting itself stays on: the driver needs it to look at the page.
            phone.dev_tools("Network.enable", json!({})).await;
            let scripts = json!({"urls": ["*.js"]});
            phone.dev_tools("Network.setBlockedURLs", scripts).await;
        }
        if settings.dark {
            let features = json!([{"name": "prefers-color-scheme", "value": "dark"}]);
            phone
                .dev_tools("Emulation.setEmulatedMedia", json!({"features": features}))
                .await;
        }
        phone
    }

    async fn dev_tools(&self, command: &'static str, params: Value) {
        self.client
            .issue_cmd(DevTools(command, params))
            .await
            .unwrap();
    }

    /// How many sheets the page takes on paper.
    pub async fn sheets(&self) -> usize {
        let command = DevTools("Page.printToPDF", json!({"preferCSSPageSize": true}));
        let printed = self.client.issue_cmd(command).await.unwrap();
        let pdf = BASE64.decode(printed["data"].as_str().unwrap().as_bytes());
        let text = String::from_utf8_lossy(&pdf.unwrap()).into_owned();
        text.matches("/Type /Page\n").count()
    }

    /// Cuts the network off, or restores it, for pages and for the service worker.
    pub async fn network(&self, on: bool) {
        self.line.is_whole(on);
        let conditions = json!({
            "offline": !on, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1,
        });
        self.dev_tools("Network.enable", json!({})).await;
        self.dev_tools("Network.emulateNetworkConditions", conditions)
            .await;
    }

    /// Gives the browser a session it got elsewhere.
    pub async fn keeps_session(&self, token: &str) {
        let cookie = json!({
            "name": "__Host-session", "value": token, "url": self.line.url, "path": "/",
            "secure": true, "httpOnly": true, "sameSite": "Lax",
        });
        self.dev_tools("Network.setCookie", cookie).await;
    }

    /// Opens a page of the product.
    pub async fn opens(&self, path: &str) {
        self.client
            .goto(&format!("{}{path}", self.line.url))
            .await
            .unwrap();
    }

    /// The path of the page.
    pub async fn path(&self) -> String {
        let url = self.client.current_url().await.unwrap();
        url.path().to_owned()
    }

    /// What the page says.
    pub async fn reads(&self) -> String {
        self.element("body").await.text().await.unwrap()
    }

    async fn element(&self, selector: &str) -> fantoccini::elements::Element {
        let wait = self.client.wait().at_most(PATIENCE);
        wait.for_element(Locator::Css(selector))
            .await
            .unwrap_or_else(|error| panic!("{selector}: {error}"))
    }

    /// Whether something stands on the page.
    pub async fn sees(&self, selector: &str) -> bool {
        !self
            .client
            .find_all(Locator::Css(selector))
            .await
            .unwrap()
            .is_empty()
    }

    /// The text of one element.
    pub async fn text(&self, selector: &str) -> String {
        self.element(selector).await.text().await.unwrap()
    }

    /// Taps what stays on the page.
    pub async fn taps(&self, selector: &str) {
        self.element(selector).await.click().await.unwrap();
    }

    /// Taps what leads to another page, and waits for that page.
    pub async fn follows(&self, selector: &str) {
        let before = self.element("html").await;
        self.taps(selector).await;
        self.leaves(before, selector).await;
    }

    /// Types what leads to another page, such as the Enter key, and waits for that page.
    pub async fn follows_typing(&self, selector: &str, text: &str) {
        let before = self.element("html").await;
        self.types(selector, text).await;
        self.leaves(before, selector).await;
    }

    async fn leaves(&self, before: fantoccini::elements::Element, selector: &str) {
        let patience = tokio::time::Instant::now() + PATIENCE;
        // An element of a page that has gone is stale.
        while before.text().await.is_ok() {
            assert!(
                tokio::time::Instant::now() < patience,
                "{selector} leads nowhere"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.element("main").await;
    }

    /// Types into a field.
    pub async fn types(&self, selector: &str, text: &str) {
        let field = self.element(selector).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Runs a script in the page; its value.
    pub async fn asks(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// Waits until a script gives true.
    pub async fn waits_for(&self, script: &str) {
        let patience = tokio::time::Instant::now() + PATIENCE;
        while self.asks(&format!("return {script}")).await != json!(true) {
            assert!(tokio::time::Instant::now() < patience, "never: {script}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// How far the page has moved under the thumb since it opened (Layout Instability).
    pub async fn layout_shift(&self) -> f64 {
        let run = "const done = arguments[arguments.length - 1];
            let sum = 0;
            new PerformanceObserver((list) => {
              for (const entry of list.getEntries()) sum += entry.value;
            }).observe({type: 'layout-shift', buffered: true});
            requestAnimationFrame(() => setTimeout(() => done(sum), 50));";
        let sum = self.client.execute_async(run, Vec::new()).await.unwrap();
        sum.as_f64().unwrap()
    }

    /// How often the page has breached the Content-Security-Policy.
    pub async fn policy_breaches(&self) -> i64 {
        let run = "const done = arguments[arguments.length - 1];
            let count = 0;
            new ReportingObserver((reports) => { count += reports.length; },
              {types: ['csp-violation'], buffered: true}).observe();
            setTimeout(() => done(count), 200);";
        let count = self.client.execute_async(run, Vec::new()).await.unwrap();
        count.as_i64().unwrap()
    }

    /// What axe-core finds wrong with the page.
    pub async fn accessibility_faults(&self) -> Vec<String> {
        let axe = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/node_modules/axe-core/axe.min.js"
        );
        let axe = std::fs::read_to_string(axe).expect("axe-core is installed");
        self.asks(&axe).await;
        let run = "const done = arguments[arguments.length - 1];
            axe.run().then(({violations}) => done(violations.map((v) =>
              v.id + ': ' + v.nodes.map((n) => n.html.slice(0, 120)).join(' | '))));";
        let found = self.client.execute_async(run, Vec::new()).await.unwrap();
        serde_json::from_value(found).unwrap()
    }
}
