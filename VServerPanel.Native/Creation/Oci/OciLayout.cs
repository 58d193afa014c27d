using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Win32.SafeHandles;
using VServerPanel.Native.Interop;
using VServerPanel.Native.Operations;
using VServerPanel.Protocol;

namespace VServerPanel.Native.Creation.Oci;

/// <summary>An OCI image layout directory (OCI image specification, "Image Layout"): every blob is checked against its digest.</summary>
internal sealed class OciLayout(SafeFileHandle directory, string name) : IDisposable
{
    private const long MaximumJsonSize = 4 << 20;
    private const int MaximumNesting = 4;
    private const string ReferenceName = "org.opencontainers.image.ref.name";

    /// <summary>This machine's architecture as images have it (GOARCH).</summary>
    public static string Architecture { get; } = RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        System.Runtime.InteropServices.Architecture.X86 => "386",
        System.Runtime.InteropServices.Architecture.Arm => "arm",
        var other => other.ToString().ToLowerInvariant(),
    };

    /// <summary>The manifest for this machine, and its configuration.</summary>
    /// <param name="reference">The image's name in the layout, if it has several.</param>
    /// <exception cref="ProblemException">InvalidArgument, Unsupported.</exception>
    public (OciManifest Manifest, OciImage Image) Find(string? reference)
    {
        using var file = OpenFile("index.json");
        var index = Parse(ReadAll(file, "index.json"), "index.json", OciImageJson.Default.OciIndex);
        var candidates = index.Manifests.Where(m => reference is null || m.Annotations?.GetValueOrDefault(ReferenceName) == reference).ToList();
        if (candidates.Count == 0)
        {
            var names = index.Manifests.Select(m => m.Annotations?.GetValueOrDefault(ReferenceName)).OfType<string>().ToList();
            throw Refused($"it has no image{(reference is null ? "" : $" '{reference}'")}{(names.Count > 0 ? $"; it has {string.Join(", ", names)}" : "")}");
        }

        var found = candidates.SelectMany(c => Manifests(c, 0)).ToList();
        var mine = found.Where(f => f.Image.Os is "linux" or "" && f.Image.Architecture == Architecture).ToList();
        return mine.Count switch
        {
            1 => mine[0],
            0 => throw new ProblemException(ProblemCode.Unsupported, $"The image '{name}' is for {string.Join(", ", found.Select(f => $"{f.Image.Os}/{f.Image.Architecture}").Distinct())}, and this host is linux/{Architecture}."),
            _ when mine.Select(m => m.Manifest.Config?.Digest).Distinct().Count() == 1 => mine[0],
            _ => throw Refused($"it has several images; say which by '{name}:TAG': {string.Join(", ", index.Manifests.Select(m => m.Annotations?.GetValueOrDefault(ReferenceName)).OfType<string>())}"),
        };
    }

    /// <summary>Opens a blob for reading, and the hash that it must have.</summary>
    public (FileStream Content, IncrementalHash Hash, string Expected) OpenBlob(OciDescriptor descriptor)
    {
        var (algorithm, hex) = descriptor.Digest.Split(':') is [var a, var h] ? (a, h) : ("", "");
        var (hashName, length) = algorithm switch { "sha256" => (HashAlgorithmName.SHA256, 64), "sha512" => (HashAlgorithmName.SHA512, 128), _ => (default, 0) };
        if (length == 0 || hex.Length != length || !hex.All(char.IsAsciiHexDigitLower))
        {
            throw Refused($"'{descriptor.Digest}' is no digest that can be checked (sha256 or sha512)");
        }

        var file = OpenFile($"blobs/{algorithm}/{hex}");
        if ((long)Libc.fstatx(file).Size != descriptor.Size)
        {
            file.Dispose();
            throw Refused($"the blob {descriptor.Digest} has not the size that its manifest says");
        }

        return (new FileStream(file, FileAccess.Read, 1), IncrementalHash.CreateHash(hashName), hex);
    }

    public void Dispose() => directory.Dispose();

    internal ProblemException Refused(string what) => new(ProblemCode.InvalidArgument, $"The OCI layout '{name}' cannot be used: {what}.");

    private IEnumerable<(OciManifest Manifest, OciImage Image)> Manifests(OciDescriptor descriptor, int depth)
    {
        if (descriptor.MediaType.EndsWith(".index.v1+json", StringComparison.Ordinal) || descriptor.MediaType.EndsWith(".manifest.list.v2+json", StringComparison.Ordinal))
        {
            if (depth == MaximumNesting)
            {
                throw Refused("its indexes are nested too deep");
            }

            return ReadBlob(descriptor, OciImageJson.Default.OciIndex).Manifests.Where(m => m.Platform is null || m.Platform is { Os: "linux" } p && p.Architecture == Architecture).SelectMany(m => Manifests(m, depth + 1));
        }

        var manifest = ReadBlob(descriptor, OciImageJson.Default.OciManifest);
        return manifest.Config is { } config && (config.MediaType.EndsWith(".image.config.v1+json", StringComparison.Ordinal) || config.MediaType.EndsWith(".container.image.v1+json", StringComparison.Ordinal))
            ? [(manifest, ReadBlob(config, OciImageJson.Default.OciImage))]

            // an attestation, a helm chart: no image
            : [];
    }

    private T ReadBlob<T>(OciDescriptor descriptor, JsonTypeInfo<T> type)
    {
        var (content, hash, expected) = OpenBlob(descriptor);
        using (content)
        using (hash)
        {
            var bytes = ReadAll(content.SafeFileHandle, descriptor.Digest);
            hash.AppendData(bytes);
            return Convert.ToHexStringLower(hash.GetHashAndReset()) == expected ? Parse(bytes, descriptor.Digest, type) : throw Refused($"the blob {descriptor.Digest} has another content than its digest says");
        }
    }

    private byte[] ReadAll(SafeFileHandle file, string what)
    {
        var size = RandomAccess.GetLength(file);
        if (size > MaximumJsonSize)
        {
            throw Refused($"{what} is larger than any such file");
        }

        var bytes = new byte[size];
        return bytes[..RandomAccess.Read(file, bytes, 0)];
    }

    private T Parse<T>(byte[] bytes, string what, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, type) ?? throw Refused($"{what} is empty");
        }
        catch (JsonException e)
        {
            throw Refused($"{what} is not what it should be: {e.Message}");
        }
    }

    private SafeFileHandle OpenFile(string path)
    {
        try
        {
            var file = Libc.openInRoot(directory, path, Libc.O_RDONLY | Libc.O_NONBLOCK, 0, Libc.RESOLVE_BENEATH | Libc.RESOLVE_NO_SYMLINKS | Libc.RESOLVE_NO_MAGICLINKS);
            return (Libc.fstatx(file).Mode & Libc.S_IFMT) == Libc.S_IFREG ? file : throw Refused($"'{path}' is no file");
        }
        catch (ErrnoException e)
        {
            throw Refused($"'{path}' in it cannot be opened ({ErrnoNames.NameOf(e.Errno)})");
        }
    }
}
