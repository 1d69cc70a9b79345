//! The loop: sends what is due, waits for answers, checks and counts them.

use std::collections::VecDeque;
use std::error::Error;
use std::num::NonZeroU64;
use std::time::{Duration, Instant};

use rustix::event::{Timespec, epoll};
use rustix::fd::OwnedFd;
use rustix::thread::set_current_timer_slack;

use crate::connection::Connection;
use crate::meter::Meter;
use crate::requests::Requests;

/// How long answers may take after the end of the run.
const DRAIN: Duration = Duration::from_secs(15);

/// What is to be done.
pub struct Plan {
    pub port: u16,
    pub connections: usize,
    /// Requests per second, or 0 for a closed loop.
    pub rate: f64,
    pub seconds: f64,
}

struct Run<'a> {
    requests: &'a Requests,
    events: OwnedFd,
    connections: Vec<Connection>,
    /// Those without a request under way; the one that has rested longest is first.
    idle: VecDeque<usize>,
    /// When the requests that found no free connection were due.
    due: VecDeque<Instant>,
    sent: usize,
    /// Whether a connection sends its next request as soon as it has its answer.
    closed: bool,
    end: Instant,
    meter: Meter,
}

/// Runs the plan.
///
/// # Errors
/// When a connection breaks, or answers do not come.
pub fn run(plan: &Plan, requests: &Requests) -> Result<Meter, Box<dyn Error>> {
    // Otherwise a sleep may last 50 µs longer than it was asked to.
    set_current_timer_slack(NonZeroU64::new(1))?;
    let events = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    let connections = (0..plan.connections)
        .map(|number| Connection::open(plan.port, &events, number as u64))
        .collect::<Result<Vec<_>, _>>()?;
    let start = Instant::now();
    let mut run = Run {
        requests,
        events,
        idle: (0..connections.len()).collect(),
        connections,
        due: VecDeque::new(),
        sent: 0,
        closed: plan.rate == 0.0,
        end: start + Duration::from_secs_f64(plan.seconds),
        meter: Meter::new()?,
    };
    if plan.rate > 0.0 {
        run.paced(start, plan.rate)?
    } else {
        run.closed()?
    }
    run.drain()?;
    Ok(run.meter)
}

impl Run<'_> {
    /// Every connection sends its first request.
    fn closed(&mut self) -> Result<(), Box<dyn Error>> {
        while let Some(number) = self.idle.pop_front() {
            self.send(number, Instant::now())?;
        }
        loop {
            let left = self.end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            self.wait(left)?;
        }
    }

    /// Requests are due at even intervals.
    fn paced(&mut self, start: Instant, rate: f64) -> Result<(), Box<dyn Error>> {
        let mut count = 0_u32;
        loop {
            let mut next = start + Duration::from_secs_f64(f64::from(count) / rate);
            let now = Instant::now();
            while next <= now && next < self.end {
                self.due.push_back(next);
                count += 1;
                next = start + Duration::from_secs_f64(f64::from(count) / rate);
            }
            while !self.idle.is_empty() && !self.due.is_empty() {
                if let (Some(number), Some(since)) = (self.idle.pop_front(), self.due.pop_front()) {
                    self.send(number, since)?;
                }
            }
            if now >= self.end {
                let end = self.end;
                self.due.iter().for_each(|since| self.meter.not_sent(end - *since));
                return Ok(());
            }
            self.wait(next.min(self.end).saturating_duration_since(Instant::now()))?;
        }
    }

    /// Waits for the answers that are still under way.
    fn drain(&mut self) -> Result<(), Box<dyn Error>> {
        let last = Instant::now() + DRAIN;
        while self.idle.len() < self.connections.len() {
            let left = last.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err("some answers did not come".into());
            }
            self.wait(left)?;
        }
        Ok(())
    }

    fn send(&mut self, number: usize, since: Instant) -> Result<(), Box<dyn Error>> {
        let text = &self.requests.get(self.sent).text;
        self.connections[number].send(self.sent, text, since)?;
        self.sent += 1;
        Ok(())
    }

    /// Takes the answers that come within this time.
    fn wait(&mut self, most: Duration) -> Result<(), Box<dyn Error>> {
        let mut ready = [epoll::Event {
            flags: epoll::EventFlags::empty(),
            data: epoll::EventData::new_u64(0),
        }; 256];
        let count = epoll::wait(&self.events, &mut ready, Some(&Timespec::try_from(most)?))?;
        for event in &ready[..count] {
            let number = usize::try_from(event.data.u64())?;
            let connection = &mut self.connections[number];
            let (request, since) = (connection.request, connection.since);
            let Some((status, body)) = connection.receive()? else { continue };
            let now = Instant::now();
            self.meter.answer(now - since, body.len(), now <= self.end);
            if let Some(complaint) =
                self.requests.complaint(self.requests.get(request), status, body)
            {
                self.meter.wrong(complaint, body);
            }
            if self.closed && now < self.end {
                self.send(number, Instant::now())?;
            } else {
                self.idle.push_back(number);
            }
        }
        Ok(())
    }
}
