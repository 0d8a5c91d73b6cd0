export namespace settings {
    function get(name: any): string;
}
