using System.Buffers;
using System.IO.Pipelines;
using LoginEtl.Aws.Calls;
using Xunit;

namespace LoginEtl.Unit.Aws;

/// <summary>Answers are read into one array, whether their length is known before or not.</summary>
public sealed class WholeAnswerTests
{
    private const int Most = 2_000_000;

    public static TheoryData<int, bool> Lengths =>
        [.. new[] { 0, 1, 4095, 4096, 4097, 100_000, 1_048_577, Most }.SelectMany(l => new (int, bool)[] { (l, true), (l, false) })];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Lengths))]
    public async Task All_of_an_answer_is_read_and_handed_on_as_it_is(int length, bool announced)
    {
        var sent = Random.Shared.GetItems(Enumerable.Range(0, 256).Select(b => (byte)b).ToArray(), length);
        using var content = Content(sent, announced);
        content.Headers.TryAddWithoutValidation("Content-Type", "application/x-amz-json-1.0");
        using var whole = await WholeAnswer.ReadAsync(content, Most, isSecret: false, Cancelled);

        var opened = Assert.IsType<WholeAnswer.Opened>(await whole.ReadAsStreamAsync(Cancelled));
        Assert.Equal(sent, opened.Bytes);
        Assert.Equal(length, whole.Headers.ContentLength);
        Assert.Equal("application/x-amz-json-1.0", whole.Headers.ContentType!.MediaType);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_longer_than_any_answer_is_refused(bool announced)
    {
        using var content = Content(new byte[Most + 1], announced);
        var e = await Assert.ThrowsAsync<HttpRequestException>(() => WholeAnswer.ReadAsync(content, Most, isSecret: false, Cancelled));
        Assert.Equal(HttpRequestError.ConfigurationLimitExceeded, e.HttpRequestError);
    }

    private static HttpContent Content(byte[] bytes, bool announced) => announced
        ? new ByteArrayContent(bytes)
        : new StreamContent(PipeReader.Create(new ReadOnlySequence<byte>(bytes)).AsStream());
}
