using System.Text.Json;

namespace LoginEtl.Bench.Endpoint;

/// <summary>AWS JSON 1.0, as the SQS API reference shows it.</summary>
internal static class JsonProtocol
{
    public static SqsCall Read(string operation, ReadOnlySpan<byte> body)
    {
        var call = new SqsCall { Operation = operation };
        var one = new SqsEntry();
        var reader = new Utf8JsonReader(body);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            switch (name)
            {
                case "QueueUrl" or "QueueName":
                    call.Queue = reader.GetString()!.Split('/')[^1];
                    break;
                case "MaxNumberOfMessages":
                    call.MaxMessages = reader.GetInt32();
                    break;
                case "WaitTimeSeconds":
                    call.WaitSeconds = reader.GetInt32();
                    break;
                case "VisibilityTimeout":
                    call.VisibilitySeconds = one.VisibilitySeconds = reader.GetInt32();
                    break;
                case "AttributeNames" or "MessageSystemAttributeNames":
                    while (reader.Read() && reader.TokenType == JsonTokenType.String)
                    {
                        call.Names.Add(reader.GetString()!);
                    }

                    break;
                case "Attributes":
                    while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                    {
                        var attribute = reader.GetString()!;
                        reader.Read();
                        call.Attributes[attribute] = reader.GetString()!;
                    }

                    break;
                case "Entries":
                    while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
                    {
                        call.Entries.Add(ReadEntry(ref reader));
                    }

                    break;
                case "ReceiptHandle" or "MessageBody":
                    Put(one, name, ref reader);
                    call.Entries.Add(one);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return call;
    }

    /// <summary>The whole answer, ready to be sent.</summary>
    public static ReadOnlySpan<byte> Write(SqsAnswer answer, Uri endpoint, AnswerBuffer to)
    {
        to.Begin();
        switch (answer)
        {
            case UrlAnswer url:
                to.Add("{\"QueueUrl\":\""u8).Add(SqsEndpoint.QueueUrl(endpoint, url.Queue)).Add("\"}"u8);
                break;
            case AttributesAnswer { Attributes: var attributes }:
                to.Add("{\"Attributes\":"u8);
                WriteAttributes(attributes, to);
                to.Add("}"u8);
                break;
            case MessagesAnswer { Messages.Count: > 0 } messages:
                WriteMessages(messages, to);
                break;
            case BatchAnswer batch:
                WriteBatch(batch, to);
                break;
            case SentAnswer { Message: var sent }:
                to.Add("{\"MD5OfMessageBody\":\""u8).Add(sent.Body.Md5).Add("\",\"MessageId\":\""u8).Add(sent.Id).Add("\"}"u8);
                break;
            case RefusedAnswer refused:
                to.Add("{\"__type\":\"com.amazonaws.sqs#"u8).Add(refused.Code).Add("\",\"message\":\"Refused.\"}"u8);
                return to.Finish("400 Bad Request"u8, "application/x-amz-json-1.0"u8, $"x-amzn-query-error: {refused.QueryCode};Sender\r\n");
            default:
                to.Add("{}"u8);
                break;
        }

        return to.Finish("200 OK"u8, "application/x-amz-json-1.0"u8);
    }

    private static SqsEntry ReadEntry(ref Utf8JsonReader reader)
    {
        var entry = new SqsEntry();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            Put(entry, name, ref reader);
        }

        return entry;
    }

    private static void Put(SqsEntry entry, string? name, ref Utf8JsonReader reader)
    {
        switch (name)
        {
            case "Id":
                entry.Id = reader.GetString()!;
                break;
            case "ReceiptHandle":
                // Some clients escape the plus sign.
                Span<byte> handle = stackalloc byte[Math.Min(reader.ValueSpan.Length, 4096)];
                entry.Receipt = reader.ValueSpan.Length > handle.Length ? null : Receipt.Read(handle[..reader.CopyString(handle)]);
                break;
            case "MessageBody":
                entry.Body = reader.GetString()!;
                break;
            case "VisibilityTimeout":
                entry.VisibilitySeconds = reader.GetInt32();
                break;
            default:
                reader.Skip();
                break;
        }
    }

    private static void WriteAttributes(IReadOnlyList<(string Name, string Value)> attributes, AnswerBuffer to)
    {
        to.Add("{"u8);
        for (var i = 0; i < attributes.Count; i++)
        {
            to.Add(i == 0 ? ""u8 : ","u8).AddJson(attributes[i].Name).Add(":"u8).AddJson(attributes[i].Value);
        }

        to.Add("}"u8);
    }

    private static void WriteMessages(MessagesAnswer answer, AnswerBuffer to)
    {
        var call = answer.Call;
        var (sent, count, first) = (call.Asks("SentTimestamp"), call.Asks("ApproximateReceiveCount"), call.Asks("ApproximateFirstReceiveTimestamp"));
        var separator = "{\"Messages\":["u8;
        foreach (var copy in answer.Messages)
        {
            var message = copy.Message;
            to.Add(separator).Add("{\"MessageId\":\""u8).Add(message.Id)
                .Add("\",\"ReceiptHandle\":\""u8).AddHandle(copy.Receipt)
                .Add("\",\"MD5OfBody\":\""u8).Add(message.Body.Md5)
                .Add("\",\"Body\":\""u8).Add(message.Body.Json).Add("\""u8);
            if (sent || count || first)
            {
                to.Add(",\"Attributes\":"u8);
                var next = "{"u8;
                if (sent)
                {
                    to.Add(next).Add("\"SentTimestamp\":\""u8).Add(message.Sent.ToUnixTimeMilliseconds()).Add("\""u8);
                    next = ","u8;
                }

                if (count)
                {
                    to.Add(next).Add("\"ApproximateReceiveCount\":\""u8).Add(copy.ReceiveCount).Add("\""u8);
                    next = ","u8;
                }

                if (first)
                {
                    to.Add(next).Add("\"ApproximateFirstReceiveTimestamp\":\""u8).Add(message.FirstReceived.ToUnixTimeMilliseconds()).Add("\""u8);
                }

                to.Add("}"u8);
            }

            to.Add("}"u8);
            separator = ","u8;
        }

        to.Add("]}"u8);
    }

    private static void WriteBatch(BatchAnswer answer, AnswerBuffer to)
    {
        to.Add("{\"Successful\":["u8);
        var separator = ""u8;
        foreach (var result in answer.Results.Where(r => r.Refused is null))
        {
            to.Add(separator).Add("{\"Id\":"u8).AddJson(result.Id);
            if (result.Sent is { } sent)
            {
                to.Add(",\"MessageId\":\""u8).Add(sent.Id).Add("\",\"MD5OfMessageBody\":\""u8).Add(sent.Body.Md5).Add("\""u8);
            }

            to.Add("}"u8);
            separator = ","u8;
        }

        to.Add("],\"Failed\":["u8);
        separator = ""u8;
        foreach (var result in answer.Results.Where(r => r.Refused is not null))
        {
            to.Add(separator).Add("{\"Id\":"u8).AddJson(result.Id).Add(",\"SenderFault\":true,\"Code\":\""u8).Add(result.Refused!)
                .Add("\",\"Message\":\"Refused.\"}"u8);
            separator = ","u8;
        }

        to.Add("]}"u8);
    }
}
