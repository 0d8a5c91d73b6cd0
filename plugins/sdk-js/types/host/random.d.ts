export namespace random {
    function bytes(count: any): Uint8Array<ArrayBuffer>;
}
