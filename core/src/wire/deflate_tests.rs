#![allow(clippy::unwrap_used)]

use std::future::poll_fn;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use super::*;

async fn read(stream: &mut Deflate<DuplexStream>, room: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; room];
    let mut buf = ReadBuf::new(&mut bytes);
    poll_fn(|cx| stream.poll_read(cx, &mut buf)).await?;
    let count = buf.filled().len();
    bytes.truncate(count);
    Ok(bytes)
}

async fn write(stream: &mut Deflate<DuplexStream>, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let count = poll_fn(|cx| stream.poll_write(cx, bytes)).await.unwrap();
        bytes = &bytes[count..];
    }
    poll_fn(|cx| stream.poll_flush(cx)).await.unwrap();
}

/// Bytes that compress badly.
fn noise(count: usize) -> Vec<u8> {
    let mut state = 7_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..count).map(|_| next()).collect()
}

#[tokio::test]
async fn each_flight_comes_out_whole_without_waiting_for_the_next() {
    let (near, far) = tokio::io::duplex(1 << 20);
    let (mut client, mut server) = (Deflate::new(near, &[]), Deflate::new(far, &[]));
    for flight in [b"A1 NOOP\r\n".to_vec(), vec![b'x'; 100_000], noise(200_000), b"A2 NOOP\r\n".to_vec()] {
        write(&mut client, &flight).await;
        let mut heard = Vec::new();
        while heard.len() < flight.len() {
            heard.extend(read(&mut server, 1000).await.unwrap());
        }
        assert_eq!(heard, flight);
    }
}

#[tokio::test]
async fn a_flush_without_anything_new_sends_nothing() {
    let (near, mut far) = tokio::io::duplex(1 << 20);
    let mut client = Deflate::new(near, &[]);
    write(&mut client, b"A1 NOOP\r\n").await;
    let mut buffer = [0; 100];
    assert!(far.read(&mut buffer).await.unwrap() > 0);
    for _ in 0..10 {
        poll_fn(|cx| client.poll_flush(cx)).await.unwrap();
    }
    drop(client);
    assert_eq!(far.read(&mut buffer).await.unwrap(), 0);
}

#[tokio::test]
async fn what_was_received_before_counts_and_nonsense_is_an_error() {
    let mut compress = Compress::new(Compression::default(), false);
    let mut deflated = Vec::with_capacity(100);
    compress.compress_vec(b"* OK hi\r\n", &mut deflated, FlushCompress::Sync).unwrap();
    let (near, mut far) = tokio::io::duplex(1 << 20);
    let mut client = Deflate::new(near, &deflated);
    assert_eq!(read(&mut client, 100).await.unwrap(), b"* OK hi\r\n");
    // A block of the one kind that there is not.
    far.write_all(b"\xff\xff").await.unwrap();
    assert_eq!(read(&mut client, 100).await.unwrap_err().kind(), io::ErrorKind::InvalidData);
}

#[tokio::test]
async fn the_end_of_the_connection_and_of_the_compressed_stream_are_ends() {
    let (near, far) = tokio::io::duplex(100);
    drop(far);
    assert!(read(&mut Deflate::new(near, &[]), 100).await.unwrap().is_empty());
    let mut compress = Compress::new(Compression::default(), false);
    let mut deflated = Vec::with_capacity(100);
    compress.compress_vec(b"last", &mut deflated, FlushCompress::Finish).unwrap();
    let (near, _far) = tokio::io::duplex(100);
    let mut client = Deflate::new(near, &deflated);
    assert_eq!(read(&mut client, 100).await.unwrap(), b"last");
    assert_eq!(read(&mut client, 100).await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
}
