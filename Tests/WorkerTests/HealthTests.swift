import Model
import Testing

@testable import Worker

@Suite struct HealthWatchTests {
    private func at(_ seconds: UInt64) -> Moment { Moment(milliseconds: seconds * 1000) }

    private func check(_ change: (inout HealthCheck) -> Void = { _ in }) -> HealthCheck {
        var check = HealthCheck()
        check.test = ["CMD", "true"]
        check.intervalMilliseconds = 10_000
        check.retries = 2
        change(&check)
        return check
    }

    @Test func `the first check is an interval after the start, and each next after the last one's end`() {
        var watch = HealthWatch(check(), started: at(0))
        #expect(watch.due == at(10))
        #expect(watch.begin(at: at(9)) == nil)
        #expect(watch.begin(at: at(10)) == 1)
        #expect(watch.begin(at: at(30)) == nil)
        #expect(watch.finished(1, .passed, at: at(13)) == .healthy)
        #expect(watch.due == at(23))
        #expect(watch.begin(at: at(23)) == 2)
        #expect(watch.finished(2, .passed, at: at(24)) == .unchanged)
    }

    @Test func `so many failures in a row are too many, and a success begins anew`() {
        var watch = HealthWatch(check(), started: at(0), isHealthy: true)
        var now: UInt64 = 0
        func next(_ result: HealthWatch.Result) -> HealthWatch.Verdict {
            now += 10
            let number = watch.begin(at: at(now)) ?? 0
            return watch.finished(number, result, at: at(now))
        }
        #expect(next(.failed("a")) == .unchanged)
        #expect(next(.passed) == .unchanged)
        #expect(next(.failed("b")) == .unchanged)
        #expect(next(.failed("c")) == .unhealthy("c"))
    }

    @Test func `failures in the start period do not count, and the first success ends it`() {
        var watch = HealthWatch(
            check {
                $0.startPeriodMilliseconds = 60_000
                $0.startIntervalMilliseconds = 1_000
            }, started: at(0))
        for second: UInt64 in 1...5 {
            #expect(watch.begin(at: at(second)) == second)
            #expect(watch.finished(second, .failed("early"), at: at(second)) == .unchanged)
        }
        #expect(watch.begin(at: at(6)) == 6)
        #expect(watch.finished(6, .passed, at: at(6)) == .healthy)
        #expect(watch.due == at(16))
        _ = watch.begin(at: at(16))
        #expect(watch.finished(7, .failed("x"), at: at(16)) == .unchanged)
        _ = watch.begin(at: at(26))
        #expect(watch.finished(8, .failed("y"), at: at(26)) == .unhealthy("y"))
    }

    @Test func `the word of an earlier check is not heard`() {
        var watch = HealthWatch(check(), started: at(0))
        #expect(watch.finished(0, .passed, at: at(1)) == .unchanged)
        #expect(watch.begin(at: at(10)) == 1)
        #expect(watch.finished(1, .failed("x"), at: at(11)) == .unchanged)
        #expect(watch.finished(1, .passed, at: at(12)) == .unchanged)
        #expect(!watch.isHealthy)
    }

    @Test func `what a service does not say of a check its image does`() {
        let image = check { $0.timeoutMilliseconds = 7 }
        var own = HealthCheck()
        own.intervalMilliseconds = 5
        let both = own.over(image)
        #expect(both.test == ["CMD", "true"] && both.intervalMilliseconds == 5 && both.timeoutMilliseconds == 7)
        own.test = ["NONE"]
        #expect(!own.over(image).isOn)
        #expect(!HealthCheck().over(nil).isOn)
    }
}
