import Model
import Text
import Wire

/// A task in detail, by Docker's names of fields where Docker has them.
enum TaskShowing {
    static func json(_ shown: ShownTask) -> JSON {
        let task = shown.task ?? StoredTask()
        var object = Showing.head(task.id.description, task.meta)
        object["Name"] = .string(TaskListing.name(task))
        object["ServiceID"] = .string(task.serviceID.description)
        object["Slot"] = JSON(task.slot)
        object["NodeID"] = .string(task.nodeID == .none ? "" : task.nodeID.description)
        object["NodeName"] = .string(shown.nodeName)
        object["DesiredState"] = .string(TaskListing.word(task.desired).lowercased())
        object["Status"] = status(task.status ?? TaskStatus())
        object["Protection"] = .string(
            NodeCommands.word(shown.held.last { $0.protection != .unspecified }?.protection))
        object["Secrets"] = .array(shown.held.map { secret($0, task) })
        object["Spec"] = ServiceShowing.task(task.spec ?? TaskSpec())
        return .object(object)
    }

    private static func status(_ status: TaskStatus) -> JSON {
        var container: JSONObject = ["ContainerID": .string(status.containerID), "PID": JSON(status.pid)]
        if let code = status.exitCode { container["ExitCode"] = JSON(code) }
        return [
            "Timestamp": Showing.time(status.since), "State": .string(TaskListing.word(status.state).lowercased()),
            "Message": .string(status.message), "Err": .string(status.error),
            "ImageDigest": .string(status.imageDigest), "ContainerStatus": .object(container),
        ]
    }

    /// The version that a task sees; never its value.
    private static func secret(_ held: HeldVersion, _ task: StoredTask) -> JSON {
        let reference = task.spec?.secrets.first { $0.secretID == held.secretID }
        return [
            "SecretID": .string(held.secretID.description), "SecretName": .string(reference?.secretName ?? ""),
            "Version": JSON(held.version), "Stage": .string(word(held.stage)), "Err": .string(held.error),
        ]
    }

    private static func word(_ stage: DeliveryStage) -> String {
        switch stage {
        case .delivered: "delivered"
        case .verified: "verified"
        case .swapped: "swapped"
        case .notified: "notified"
        case .failed: "failed"
        default: ""
        }
    }
}
