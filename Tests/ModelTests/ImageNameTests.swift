import Model
import Testing

@Suite struct ImageNameTests {
    @Test func `an image's name is parted as engines part it`() {
        for (text, repository, reference) in [
            ("centos", "centos", "centos:latest"), ("centos:8", "centos", "centos:8"),
            ("host:5000/a/b", "host:5000/a/b", "host:5000/a/b:latest"),
            ("host:5000/b:1", "host:5000/b", "host:5000/b:1"),
            ("a@sha256:12", "a", "a@sha256:12"), ("h:1/a:2@sha256:12", "h:1/a", "h:1/a@sha256:12"),
        ] {
            #expect(ImageName(text).repository == repository)
            #expect(ImageName(text).reference == reference)
        }
    }

    @Test func `the digest shown is that of the repository asked for`() {
        let digests = ["other@sha256:1", "docker.io/library/centos@sha256:2"]
        #expect(ImageName("centos").digest(among: digests) == "docker.io/library/centos@sha256:2")
        #expect(ImageName("docker.io/library/centos").digest(among: ["centos@sha256:3"]) == "centos@sha256:3")
        let several = ["h:1/centos@sha256:1", "centos@sha256:2", "docker.io/a/centos@sha256:3"]
        #expect(ImageName("centos").digest(among: several) == "centos@sha256:2")
        #expect(ImageName("h:1/centos").digest(among: several.reversed()) == "h:1/centos@sha256:1")
        #expect(ImageName("a/centos").digest(among: several) == "docker.io/a/centos@sha256:3")
        #expect(ImageName("nowhere").digest(among: digests) == "other@sha256:1")
        #expect(ImageName("centos").digest(among: []) == nil)
    }

    @Test func `a digest is put behind a name that has none`() {
        for (image, digest, pinned) in [
            ("app:1", "sha256:1", "app:1@sha256:1"), ("h:1/app", "sha256:1", "h:1/app@sha256:1"),
            ("app@sha256:2", "sha256:1", "app@sha256:2"), ("app:1", "", "app:1"),
        ] {
            #expect(ImageName.pinned(image, digest) == pinned)
        }
    }

    @Test func `an image without a host is of Docker's own registry`() {
        for (text, registry) in [
            ("centos", "docker.io"), ("library/centos:8", "docker.io"), ("localhost/a", "localhost"),
            ("127.0.0.1:5000/a/b:1", "127.0.0.1:5000"), ("quay.io/a@sha256:12", "quay.io"), ("a.b", "docker.io"),
        ] {
            #expect(ImageName(text).registry == registry)
        }
    }
}
