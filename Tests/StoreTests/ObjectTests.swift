import Bytes
import Model
import Testing
import Wire

@testable import Store

/// SwarmKit's cases of `controlapi/secret_test.go` and `config_test.go` that are not in `CommandTests`.
@Suite struct ObjectTests {
    private func created(_ edit: (inout SecretSpec) -> Void) -> Failure? {
        var hand = Hand()
        var command = CreateSecret()
        command.id = SecretID(high: 1, low: 1)
        command.spec = SecretSpec()
        command.spec?.name = "db"
        edit(&command.spec!)
        return hand.run(.createSecret(command), sealed: [1]).failure
    }

    @Test func `a driver has a name, and must be there`() {
        #expect(created { $0.driver = Driver() }?.message == "secret driver must have a name")
        let failure = created { spec in
            spec.driver = Driver()
            spec.driver?.name = "vault"
        }
        #expect(failure == Failure(.notFound, "plugin \"vault\" not found"))
    }

    @Test func `a secret of the same spec exists already`() {
        var hand = Hand()
        #expect(hand.secret("db").failure == nil)
        #expect(hand.secret("db").failure == Failure(.conflict, "secret db already exists"))
        #expect(hand.config("db").failure == nil)
        #expect(hand.config("db").failure == Failure(.conflict, "config db already exists"))
    }

    @Test func `labels of a secret change, its name does not`() throws {
        var hand = Hand()
        _ = hand.secret("db")
        let secret = try hand.store.findSecret("db")
        var update = UpdateSecret()
        update.id = secret.id
        update.spec = secret.spec
        update.spec?.labels["a"] = "b"
        #expect(hand.run(.updateSecret(update)).failure == nil)
        #expect(try hand.store.findSecret("db").spec?.labels["a"] == "b")
        #expect(try hand.store.findSecret("db").versions.count == 1)
        update.spec?.name = "other"
        #expect(hand.run(.updateSecret(update)).failure?.message == "only updates to Labels are allowed")
        update.id = SecretID(high: 99, low: 99)
        #expect(hand.run(.updateSecret(update)).failure?.code == .notFound)
    }

    @Test func `what nobody uses goes, what somebody uses does not, for configs as for secrets`() throws {
        var hand = Hand()
        _ = hand.config("conf")
        let config = try hand.store.findConfig("conf")
        var reference = ConfigReference()
        reference.configID = config.id
        reference.configName = "conf"
        reference.target = FileTarget()
        reference.target?.name = "conf"
        for name in ["b", "a"] {
            var spec = hand.spec(name)
            spec.task?.program?.configs = [reference]
            #expect(hand.service(spec).failure == nil)
        }
        var remove = RemoveConfig()
        remove.id = config.id
        #expect(
            hand.run(.removeConfig(remove)).failure
                == Failure(.conflict, "config 'conf' is in use by the following services: a, b"))
        _ = hand.removeService("a")
        #expect(
            hand.run(.removeConfig(remove)).failure
                == Failure(.conflict, "config 'conf' is in use by the following service: b"))
        _ = hand.removeService("b")
        #expect(hand.run(.removeConfig(remove)).failure == nil)
        #expect(hand.run(.removeConfig(remove)).failure?.code == .notFound)
    }

    @Test func `credentials for a registry are in use as long as a service has them`() throws {
        var hand = Hand()
        _ = hand.secret("login")
        var spec = hand.spec("web")
        spec.task?.container = ContainerSpec()
        spec.task?.container?.image = "registry.example/web"
        spec.task?.container?.registry = hand.reference("login")
        #expect(hand.service(spec).failure == nil)
        #expect(
            hand.removeSecret("login").failure?.message == "secret 'login' is in use by the following service: web")
        _ = hand.removeService("web")
        #expect(hand.removeSecret("login").failure == nil)
    }
}
