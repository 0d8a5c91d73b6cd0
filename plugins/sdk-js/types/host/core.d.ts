export namespace core {
    function log(line: any): void;
    function now(): bigint;
    function today(): number;
}
