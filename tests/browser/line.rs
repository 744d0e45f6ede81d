//! A line between a phone and the Worker that can be cut. What browsers emulate does not
//! reach their service workers; this does.

use std::io::copy;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// The phone's end of it.
#[derive(Clone)]
pub struct Line {
    /// Where the phone finds the product.
    pub url: String,
    whole: Arc<AtomicBool>,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Line {
    /// To an address such as `http://127.0.0.1:8787`.
    pub fn to(url: &str) -> Self {
        let far = url.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let line = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            whole: Arc::new(AtomicBool::new(true)),
            open: Arc::default(),
        };
        let here = line.clone();
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                if !here.whole.load(Ordering::SeqCst) {
                    continue;
                }
                let far = TcpStream::connect(&far).unwrap();
                for (from, to) in [(&near, &far), (&far, &near)] {
                    let [mut from, mut to] = [from, to].map(|end| end.try_clone().unwrap());
                    here.open.lock().unwrap().push(from.try_clone().unwrap());
                    thread::spawn(move || {
                        let _ = copy(&mut from, &mut to);
                        let _ = to.shutdown(Shutdown::Both);
                    });
                }
            }
        });
        line
    }

    /// Cuts it, with everything under way, or mends it.
    pub fn is_whole(&self, whole: bool) {
        self.whole.store(whole, Ordering::SeqCst);
        if !whole {
            for end in self.open.lock().unwrap().drain(..) {
                let _ = end.shutdown(Shutdown::Both);
            }
        }
    }
}
