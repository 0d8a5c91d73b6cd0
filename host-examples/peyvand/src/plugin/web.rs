//! How does a plugin's request get to another system, and what comes back?
//!
//! The engine has asked whether the plugin may call this host. What is left is the network, and nothing there is
//! trusted: a name that leads into the house's own network is no way in, a redirect is an answer like any other, and an
//! answer that is too slow or too long is none.

mod place;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::io;
use std::time::{Duration, Instant};

use peyvand::{WebClient, WebRequest, WebResponse};
use ureq::http::header::{HeaderName, HeaderValue};
use ureq::http::{Method, Request, Response};
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Body, Timeout};

use place::{Inside, Places};

/// How often a request is made at most, all within its time.
const ATTEMPTS: usize = 3;
/// Before the second attempt; twice as long before the third.
const PAUSE: Duration = Duration::from_millis(500);
/// For a name to be found and a connection to be made, so that there is time for another attempt.
const CONNECTING: Duration = Duration::from_secs(8);
/// Bytes of an answer's headers.
const HEADER_BYTES: usize = 32 << 10;

/// Makes the requests of plugins.
pub(super) struct Web {
    agent: ureq::Agent,
    pause: Duration,
}

/// Why there was no answer.
struct Unanswered {
    why: String,
    /// Whether nothing of the request can have arrived.
    unsent: bool,
    /// Whether another attempt may fare better.
    passing: bool,
}

impl Web {
    /// A client that reaches the internet, and of the house's own network the hosts that are named here.
    pub(super) fn new(inside: &[String]) -> Self {
        Self::with_pause(inside, PAUSE)
    }

    fn with_pause(inside: &[String], pause: Duration) -> Self {
        let config = ureq::Agent::config_builder()
            // A proxy from the environment would find the host itself, wherever its name leads.
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .timeout_resolve(Some(CONNECTING))
            .timeout_connect(Some(CONNECTING))
            .max_response_header_size(HEADER_BYTES)
            // No connection is kept: where it leads is looked at anew for each request.
            .max_idle_connections(0)
            .user_agent("peyvand")
            .build();
        let hosts: BTreeSet<String> = inside.iter().map(|host| host.to_lowercase()).collect();
        let agent =
            ureq::Agent::with_parts(config, DefaultConnector::default(), Places::new(hosts));
        Self { agent, pause }
    }

    fn attempt(&self, asked: &WebRequest, time: Duration) -> Result<WebResponse, Unanswered> {
        let method = method(&asked.method)?;
        let carries = [Method::POST, Method::PUT, Method::PATCH].contains(&method);
        let mut request = Request::builder().method(&method).uri(asked.url.as_str());
        for (name, value) in &asked.headers {
            let name = HeaderName::from_bytes(name.as_bytes());
            let value = HeaderValue::from_bytes(value.as_bytes());
            match (name, value) {
                (Ok(name), Ok(value)) => request = request.header(name, value),
                _ => return Err(Unanswered::never("a header cannot be sent as it is")),
            }
        }
        let wrong = |_| Unanswered::never("the address cannot be asked as it is written");
        let answer = match (carries, asked.body.is_empty()) {
            (true, _) => self.run(request.body(asked.body.as_slice()).map_err(wrong)?, time),
            (false, true) => self.run(request.body(()).map_err(wrong)?, time),
            (false, false) => {
                let why = format!("a {method} has no body; POST, PUT and PATCH have one");
                return Err(Unanswered::never(why));
            }
        };
        let answer = answer.map_err(|error| Unanswered::of(&error))?;
        taken(answer, asked.most_bytes)
    }

    fn run<S: ureq::AsSendBody>(
        &self,
        request: Request<S>,
        time: Duration,
    ) -> Result<Response<Body>, ureq::Error> {
        let request = self.agent.configure_request(request);
        self.agent.run(request.timeout_global(Some(time)).build())
    }
}

impl WebClient for Web {
    /// An attempt that failed on the way is made again under the same `idempotency-key`, while there is time: any request
    /// of which nothing was sent, and one whose method may be repeated. What answered is asked no more, except that a
    /// method which may be repeated is where a gateway says that it is busy.
    fn send(&self, asked: &WebRequest) -> Result<WebResponse, String> {
        let began = Instant::now();
        let repeatable = !matches!(asked.method.as_str(), "POST" | "PATCH");
        let mut pause = self.pause;
        for left in (0..ATTEMPTS).rev() {
            let time = asked.time_out.saturating_sub(began.elapsed());
            let answer = self.attempt(asked, time);
            let again = match &answer {
                Ok(answer) => repeatable && matches!(answer.status, 502..=504),
                Err(none) => none.passing && (none.unsent || repeatable),
            };
            let in_time = began.elapsed() + pause < asked.time_out;
            if left == 0 || !again || !in_time {
                return answer.map_err(|none| none.why);
            }
            std::thread::sleep(pause);
            pause *= 2;
        }
        Err("it was not asked".to_owned())
    }
}

fn method(name: &str) -> Result<Method, Unanswered> {
    Method::from_bytes(name.as_bytes())
        .map_err(|_| Unanswered::never(format!("there is no method '{name}'")))
}

/// Reads no more of an answer than it may have.
fn taken(mut answer: Response<Body>, most: usize) -> Result<WebResponse, Unanswered> {
    let body = answer.body_mut().with_config().limit(most as u64);
    let body = body.read_to_vec().map_err(|error| match error {
        ureq::Error::BodyExceedsLimit(_) => {
            let why = format!("the answer has more than the {most} bytes that are taken");
            Unanswered::never(why)
        }
        error => Unanswered::of(&error),
    })?;
    let mut taken = WebResponse::new(answer.status().as_u16(), body);
    let headers = answer.headers().iter();
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    taken.headers = headers
        .map(|(name, value)| (name.as_str().to_owned(), text(value)))
        .collect();
    Ok(taken)
}

impl Unanswered {
    /// Another attempt would fare the same.
    fn never(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            unsent: true,
            passing: false,
        }
    }

    fn of(error: &ureq::Error) -> Self {
        let (why, unsent, passing) = match error {
            ureq::Error::HostNotFound => ("there is no such host".to_owned(), true, true),
            ureq::Error::ConnectionFailed => ("no connection could be made".to_owned(), true, true),
            ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
                let seconds = CONNECTING.as_secs();
                let why = format!("no connection could be made within {seconds} seconds");
                (why, true, true)
            }
            // Its time is over.
            ureq::Error::Timeout(_) => ("it did not answer in time".to_owned(), false, false),
            ureq::Error::Other(inside) if inside.is::<Inside>() => {
                (inside.to_string(), true, false)
            }
            ureq::Error::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                ("it takes no connections".to_owned(), true, true)
            }
            ureq::Error::Io(error) => {
                let why = format!("the connection broke before the answer was whole: {error}");
                (why, false, true)
            }
            error => (format!("it could not be asked: {error}"), false, false),
        };
        Self {
            why,
            unsent,
            passing,
        }
    }
}
